package org.pmsevents.event;

/** How far an event of a type travels, and whether it can be replayed. */
public enum EventScope {
    /** Stored in the transaction of the change, given a position, told to every replica and subscriber in order, replayable. */
    FEED,
    /** Told to every replica at most once, without a position; the row it speaks of is the truth. */
    CLUSTER,
    /** Told on this replica only, without a position. */
    LOCAL
}
