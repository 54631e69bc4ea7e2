package org.pmsevents.subscription.work;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedEvent;

/**
 * What one subscription has still to deliver, and what may go out next. The events of a subject go out one after the other, those of
 * different subjects beside each other. Events that fail hold up their own subjects only; where nothing gets through, the receiver is left
 * alone, and asked with one request at a time. No input or output; its owner calls it from one thread.
 */
final class Lanes {
    /** How many events that nothing holds up wait at most. */
    static final int MOST_WAITING = 500;

    /** How many events may be held up; beyond that, the subscription waits for them. */
    static final int MOST_HELD = 1_000;

    /** Different requests that fail in succession before the receiver counts as down. */
    static final int DOWN_AFTER = 3;

    /** How often a request with several events is sent before they are sent one by one, to find the one that fails. */
    static final int TRIES_TOGETHER = 3;

    private final int most;
    private final int lanes;
    private final Backoff backoff;
    private final TreeMap<Long, Entry> open = new TreeMap<>();
    private final Map<String, Line> lines = new HashMap<>();
    /** Those of which something may be sent, by their first events. */
    private final PriorityQueue<Line> ready = new PriorityQueue<>(Comparator.comparingLong(Line::first));

    private final Set<Group> sending = new LinkedHashSet<>();
    private final Set<Group> retries = new LinkedHashSet<>();
    private final Set<Long> toDelete = new TreeSet<>();
    private final Set<Long> failedHeads = new HashSet<>();
    private long looked;
    private boolean retriedLast;
    private int downAttempts;
    private long downUntil;
    /** Until when the receiver asked to be left alone, ms. */
    private long askedUntil;

    private boolean probedFresh;

    private static final class Entry {
        private final FeedEvent event;
        private final Line line;
        private boolean stored;
        /** Storing it has failed, perhaps after it was stored. */
        private boolean perhapsStored;

        private boolean changed;

        Entry(FeedEvent event, Line line) {
            this.event = event;
            this.line = line;
        }
    }

    /** The events of a subject. */
    private static final class Line {
        private final String subject;
        private final ArrayDeque<Entry> waiting = new ArrayDeque<>();
        /** What is under way or waits to be tried again. */
        private @Nullable Group group;

        private boolean singly;
        private int attempts;
        private long since;

        Line(String subject) {
            this.subject = subject;
        }

        private long first() {
            return waiting.element().event.position();
        }

        boolean isHeld() {
            return group != null && group.attempts > 0;
        }
    }

    /** Events that go out in one request. */
    static final class Group {
        private final List<Entry> entries;
        private int attempts;
        private long since;
        private long retryAt;
        private long triedAt;

        private Group(List<Entry> entries) {
            this.entries = entries;
        }

        List<FeedEvent> events() {
            return entries.stream().map(entry -> entry.event).toList();
        }

        int attempts() {
            return attempts;
        }

        private long head() {
            return entries.get(0).event.position();
        }

        private Set<Line> lines() {
            var found = new LinkedHashSet<Line>();
            entries.forEach(entry -> found.add(entry.line));
            return found;
        }
    }

    /**
     * An event that the cursor has passed though it is not delivered.
     *
     * @param head position of the first event of the request that failed; null if the event waits for one
     * @param since when it failed first, ms; 0 if it has not been sent
     * @param retryAt ms; 0 if it has not been sent
     */
    record Held(FeedEvent event, @Nullable Long head, int attempts, long since, long retryAt) {}

    /**
     * What is to be stored.
     *
     * @param held what the cursor passes though it is not delivered
     * @param added positions of those that were not stored before
     * @param delivered positions of those that are delivered by now
     */
    record Progress(long cursor, List<Held> held, Set<Long> added, List<Long> delivered) {}

    Lanes(long position, List<Held> held, int most, int lanes, Backoff backoff) {
        this.looked = position;
        this.most = most;
        this.lanes = lanes;
        this.backoff = backoff;
        restore(held);
    }

    private void restore(List<Held> held) {
        var groups = new TreeMap<Long, Group>();
        held.stream()
                .sorted(Comparator.comparingLong(each -> each.event().position()))
                .forEach(each -> {
                    var entry = add(each.event());
                    entry.stored = true;
                    var head = each.head();
                    if (head == null) {
                        entry.line.waiting.add(entry);
                    } else {
                        var group = groups.computeIfAbsent(head, first -> new Group(new ArrayList<>()));
                        group.entries.add(entry);
                        group.attempts = Math.max(1, each.attempts());
                        group.since = each.since();
                        group.retryAt = each.retryAt();
                        entry.line.group = group;
                        entry.line.attempts = group.attempts;
                        entry.line.since = group.since;
                    }
                });
        for (var group : groups.values()) {
            if (group.entries.size() > most) {
                sendSingly(group);
            } else {
                retries.add(group);
            }
        }
        lines.values().stream().filter(line -> line.group == null).forEach(ready::add);
    }

    private Entry add(FeedEvent event) {
        var line = lines.computeIfAbsent(event.message().subject(), Line::new);
        var entry = new Entry(event, line);
        open.put(event.position(), entry);
        return entry;
    }

    /** The last position that was looked at: the next event is read after it. */
    long looked() {
        return looked;
    }

    /** Whether there is room for so many events that reading them is worth while. */
    boolean hasRoom() {
        return room() >= MOST_WAITING / 2;
    }

    private long room() {
        long held = open.values().stream().filter(entry -> entry.line.isHeld()).count();
        return held >= MOST_HELD ? 0 : MOST_WAITING - (open.size() - held);
    }

    /**
     * Takes the events that match, up to a position; those that it has been given before are passed over.
     *
     * @return false if there was not room for all of them: they have to be given again
     */
    boolean offer(List<FeedEvent> matching, long upTo) {
        long room = matching.isEmpty() ? 1 : room();
        for (var event : matching) {
            if (event.position() <= looked) {
                continue;
            }
            if (room-- <= 0) {
                return false;
            }
            var entry = add(event);
            var line = entry.line;
            line.waiting.add(entry);
            if (line.group == null && line.waiting.size() == 1) {
                ready.add(line);
            }
            looked = event.position();
        }
        looked = Math.max(looked, upTo);
        return true;
    }

    /** What is to be sent now; null for nothing. It stays under way until {@link #delivered} or {@link #failed} is called. */
    @Nullable
    Group next(long now) {
        if (sending.size() >= lanes) {
            return null;
        }
        if (downAttempts > 0) {
            return now < downUntil || !sending.isEmpty() ? null : probe(now);
        }
        var due = retriedLast && !ready.isEmpty() ? null : due(now);
        var group = due == null ? fresh() : due;
        if (group == null) {
            group = due(now);
        }
        retriedLast = group != null && group.attempts > 0;
        return group == null ? null : begun(group, now);
    }

    /**
     * The receiver is down: in turn the request that was not sent for longest and one that was never sent, so that those that always fail do
     * not stand for all.
     */
    private @Nullable Group probe(long now) {
        probedFresh = !probedFresh && !ready.isEmpty();
        var group = probedFresh ? fresh() : null;
        if (group == null) {
            group = retries.stream()
                    .min(Comparator.comparingLong(each -> each.triedAt))
                    .orElse(null);
            retries.remove(group);
        }
        if (group == null) {
            group = fresh();
        }
        return group == null ? null : begun(group, now);
    }

    private @Nullable Group due(long now) {
        var due = retries.stream()
                .filter(group -> group.retryAt <= now)
                .min(Comparator.comparingLong(group -> group.retryAt))
                .orElse(null);
        retries.remove(due);
        return due;
    }

    private @Nullable Group fresh() {
        var entries = new ArrayList<Entry>();
        while (!ready.isEmpty() && entries.size() < most) {
            if (ready.element().singly && !entries.isEmpty()) {
                break;
            }
            var line = ready.remove();
            entries.add(line.waiting.remove());
            if (line.singly || entries.size() == most) {
                break;
            }
            if (!line.waiting.isEmpty()) {
                ready.add(line);
            }
        }
        if (most > 1) {
            ready.removeAll(entries.stream().map(entry -> entry.line).collect(Collectors.toSet()));
        }
        if (entries.isEmpty()) {
            return null;
        }
        return new Group(entries);
    }

    private Group begun(Group group, long now) {
        group.triedAt = now;
        group.lines().forEach(line -> line.group = group);
        sending.add(group);
        return group;
    }

    /** The receiver has taken it. */
    void delivered(Group group, long now) {
        sending.remove(group);
        for (var entry : group.entries) {
            open.remove(entry.event.position());
            if (entry.stored || entry.perhapsStored) {
                toDelete.add(entry.event.position());
            }
        }
        for (var line : group.lines()) {
            line.group = null;
            line.singly = line.singly && !line.waiting.isEmpty() && line.attempts > 0;
            line.attempts = 0;
            line.since = 0;
            if (line.waiting.isEmpty()) {
                lines.remove(line.subject);
            } else {
                ready.add(line);
            }
        }
        failedHeads.clear();
        // who asks to be left alone is, though it takes what was under way
        if (downAttempts > 0 && now >= askedUntil) {
            downAttempts = 0;
            retries.forEach(each -> each.retryAt = now);
        }
    }

    /**
     * The receiver has not taken it.
     *
     * @param isDown whether it takes nothing, whatever is sent
     * @param asked how long it asks to be left alone
     */
    void failed(Group group, long now, boolean isDown, Duration asked) {
        sending.remove(group);
        group.attempts++;
        long first = group.lines().stream()
                .mapToLong(line -> line.since == 0 ? now : line.since)
                .min()
                .orElse(now);
        group.since = group.since == 0 ? first : group.since;
        int tries = Math.max(
                group.attempts,
                group.lines().stream().mapToInt(line -> line.attempts + 1).max().orElse(1));
        group.attempts = tries;
        group.lines().forEach(line -> {
            line.attempts = tries;
            line.since = group.since;
        });
        group.retryAt = now + Math.max(backoff.pause(tries).toMillis(), asked.toMillis());
        failedHeads.add(group.head());
        // one that was under way when the others failed says nothing new
        boolean isProbe = downAttempts > 0 && group.triedAt >= downUntil;
        if (isProbe || (downAttempts == 0 && (isDown || failedHeads.size() >= DOWN_AFTER))) {
            downAttempts++;
            downUntil = now + Math.max(backoff.pause(downAttempts).toMillis(), asked.toMillis());
        }
        if (isDown && !asked.isZero()) {
            askedUntil = Math.max(askedUntil, now + asked.toMillis());
            downUntil = Math.max(downUntil, askedUntil);
        }
        if (!isDown && group.entries.size() > 1 && tries >= TRIES_TOGETHER) {
            sendSingly(group);
        } else {
            group.entries.forEach(entry -> entry.changed = true);
            retries.add(group);
        }
    }

    private void sendSingly(Group group) {
        for (int i = group.entries.size() - 1; i >= 0; i--) {
            var entry = group.entries.get(i);
            entry.line.waiting.addFirst(entry);
        }
        for (var line : group.lines()) {
            line.singly = true;
            var first = new Group(List.of(line.waiting.remove()));
            first.attempts = group.attempts;
            first.since = group.since;
            first.retryAt = group.retryAt;
            line.group = first;
            retries.add(first);
        }
        group.entries.forEach(entry -> entry.changed = true);
    }

    /** Whether nothing is under way. */
    boolean isIdle() {
        return sending.isEmpty();
    }

    /** When something may be sent that may not be sent now, ms. */
    Optional<Long> nextAt() {
        if (open.isEmpty() || sending.size() >= lanes) {
            return Optional.empty();
        }
        if (downAttempts > 0) {
            return sending.isEmpty() ? Optional.of(downUntil) : Optional.empty();
        }
        return retries.stream().map(group -> group.retryAt).min(Long::compare);
    }

    /** A request that has failed since before that time, ms; null if there is none. */
    @Nullable
    Group failingSince(long before) {
        return retries.stream()
                .filter(group -> group.since < before)
                .findFirst()
                .orElse(null);
    }

    /** What has changed since the last call. What it returns counts as stored; if that fails, call {@link #notStored}. */
    Progress progress() {
        var held = new ArrayList<Held>();
        var added = new HashSet<Long>();
        long cursor = looked;
        for (var entry : open.values()) {
            var line = entry.line;
            boolean isHeld = line.isHeld();
            if (isHeld && (!entry.stored || entry.changed)) {
                held.add(held(entry));
                if (!entry.stored) {
                    added.add(entry.event.position());
                }
                entry.stored = true;
                entry.changed = false;
            } else if (!entry.stored) {
                cursor = Math.min(cursor, entry.event.position() - 1);
            }
        }
        var delivered = List.copyOf(toDelete);
        toDelete.clear();
        return new Progress(cursor, held, added, delivered);
    }

    private static Held held(Entry entry) {
        var group = entry.line.group;
        boolean failed = group != null && group.entries.contains(entry);
        return failed && group != null
                ? new Held(entry.event, group.head(), group.attempts, group.since, group.retryAt)
                : new Held(entry.event, null, 0, 0, 0);
    }

    /** Storing has failed: it has to be stored again. */
    void notStored(Progress progress) {
        toDelete.addAll(progress.delivered());
        for (var held : progress.held()) {
            var entry = open.get(held.event().position());
            if (entry == null) {
                toDelete.add(held.event().position());
            } else {
                entry.changed = true;
                entry.perhapsStored = true;
                entry.stored = !progress.added().contains(entry.event.position());
            }
        }
    }

    /** The length of the events in memory. */
    long characters() {
        return open.values().stream()
                .mapToLong(entry -> entry.event.json().length())
                .sum();
    }
}
