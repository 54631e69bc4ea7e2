package org.pmsevents.platform.database;

/** Asked before a page is read for a client. */
public interface ReadGate {
    /** Whether there is memory for the answer. Any thread. */
    boolean hasRoom();
}
