package org.pmsevents.event.log;

/** Is called with the events that this replica has given their positions, as soon as it has. */
@FunctionalInterface
public interface SequencedListener {
    /**
     * Takes what one call of the sequencer has done. Must not block.
     *
     * @param done perhaps without an event: then only the head is news
     */
    void sequenced(EventTable.Sequenced done);
}
