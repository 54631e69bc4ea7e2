package org.pmsevents.inventory.history;

/** A line of the ledger, as a caller was told of it and as the database has it. */
record Movement(String reference, Place place, long delta, long onHand, long version, String id, String eventId) {}
