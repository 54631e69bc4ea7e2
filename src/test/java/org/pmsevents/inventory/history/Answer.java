package org.pmsevents.inventory.history;

import org.jspecify.annotations.Nullable;

/** What a caller is told about one line: as much of it as does not depend on chance, such as ids. */
record Answer(
        int status,
        @Nullable String code,
        @Nullable Long delta,
        @Nullable Long onHand,
        @Nullable Long version) {
    static Answer accepted(long delta, long onHand, long version) {
        return new Answer(200, null, delta, onHand, version);
    }

    static Answer refused(String code, long onHand) {
        return new Answer(409, code, null, onHand, null);
    }

    /** The SKU does not exist. */
    static Answer missing() {
        return new Answer(404, "product-not-found", null, null, null);
    }

    /** The line was good, but another one of its atomic request was not. */
    static Answer notApplied() {
        return new Answer(424, "not-applied", null, null, null);
    }

    boolean isAccepted() {
        return status == 200;
    }

    /** Accepted, and not a count that found what it counted. */
    boolean moved() {
        return isAccepted() && delta != null && delta != 0;
    }

    @Override
    public String toString() {
        return isAccepted()
                ? "accepted: delta " + delta + ", on hand " + onHand + ", version " + version
                : status + " " + code + (onHand == null ? "" : ", on hand " + onHand);
    }
}
