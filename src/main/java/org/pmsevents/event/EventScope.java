package org.pmsevents.event;

/** Which replicas and clients receive events of a type, and whether they can be replayed. */
public enum EventScope {
    /** Stored in the transaction of the change, given a position, delivered to every replica and subscriber in order, replayable. */
    FEED,
    /** Announced to every replica at most once, without a position. The row it is about is the source of truth. */
    CLUSTER,
    /** Announced on this replica only, without a position. */
    LOCAL
}
