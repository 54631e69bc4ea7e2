package org.pmsevents.faults;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;

/**
 * The faults in the order that a seed gives: all of them at random, then all of them again in another order. What a fault leaves to
 * chance depends on the seed and its number only, never on how long others took.
 */
final class Schedule {
    private final long seed;
    private final List<Fault> faults;
    private final Random order;
    private final Deque<Fault> deck = new ArrayDeque<>();
    private int drawn;

    /** @param first happens before all others, and again with them */
    Schedule(long seed, Fault first, List<Fault> faults) {
        this.seed = seed;
        this.faults = List.copyOf(faults);
        this.order = new Random(seed);
        deck.add(first);
    }

    Fault next() {
        if (deck.isEmpty()) {
            var all = new ArrayList<>(faults);
            Collections.shuffle(all, order);
            deck.addAll(all);
        }
        drawn++;
        return deck.remove();
    }

    /** Decides what the fault that was drawn last leaves open. */
    Random chance() {
        return new Random(seed * 1_000_003 + drawn);
    }

    int drawn() {
        return drawn;
    }
}
