package org.pmsevents.event.log;

/** Called with events as soon as this replica has given them their positions. */
@FunctionalInterface
public interface SequencedListener {
    /**
     * Receives the result of one call of the sequencer. Must not block.
     *
     * @param done may have no events; then only the head is new
     */
    void sequenced(EventTable.Sequenced done);
}
