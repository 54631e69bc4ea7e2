package org.pmsevents.metrics;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Counts by minute or by hour. Only the newest steps are stored, so that the memory is bounded however long nobody takes them. */
public final class Steps {
    private final Window window;
    private final TreeMap<Long, Counts> counts = new TreeMap<>();

    /** The period of a summary, and the length of its steps. */
    public enum Window {
        HOUR("hour", Duration.ofMinutes(1), 60),
        WEEK("week", Duration.ofHours(1), 7 * 24);

        private final String wireName;
        private final Duration step;
        private final int steps;

        Window(String wireName, Duration step, int steps) {
            this.wireName = wireName;
            this.step = step;
            this.steps = steps;
        }

        public String wireName() {
            return wireName;
        }

        public Duration step() {
            return step;
        }

        public int steps() {
            return steps;
        }

        /** The number of the step, since the epoch, that contains the moment. */
        long stepOf(Instant moment) {
            return moment.getEpochSecond() / step.toSeconds();
        }

        public Instant begin(long step) {
            return Instant.ofEpochSecond(step * this.step.toSeconds());
        }

        /** The steps of the window that ends with a moment, the oldest first. */
        public List<Long> until(Instant moment) {
            long last = stepOf(moment);
            var all = new ArrayList<Long>(steps);
            for (long each = last - steps + 1; each <= last; each++) {
                all.add(each);
            }
            return all;
        }

        public static Optional<Window> named(String name) {
            return List.of(values()).stream()
                    .filter(window -> window.wireName.equals(name))
                    .findAny();
        }
    }

    public Steps(Window window) {
        this.window = window;
    }

    public Window window() {
        return window;
    }

    public synchronized void add(Instant moment, Counts added) {
        if (!added.isEmpty()) {
            counts.computeIfAbsent(window.stepOf(moment), step -> new Counts()).add(added);
            counts.headMap(window.stepOf(moment) - window.steps(), true).clear();
        }
    }

    /** Removes and returns the oldest step. */
    public synchronized Optional<Map.Entry<Long, Counts>> takeOldest() {
        return Optional.ofNullable(counts.pollFirstEntry());
    }

    /** Returns a copy of all steps. */
    public synchronized Map<Long, Counts> copy() {
        var copy = new TreeMap<Long, Counts>();
        counts.forEach((step, counted) -> {
            var copied = new Counts();
            copied.add(counted);
            copy.put(step, copied);
        });
        return copy;
    }
}
