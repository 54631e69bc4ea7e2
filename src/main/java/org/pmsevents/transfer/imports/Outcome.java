package org.pmsevents.transfer.imports;

import org.jspecify.annotations.Nullable;
import org.pmsevents.transfer.file.Fault;

/**
 * What became of a line.
 *
 * @param fault why it was refused; null unless it was
 */
record Outcome(Kind kind, @Nullable Fault fault) {
    enum Kind {
        CREATED,
        UPDATED,
        UNCHANGED,
        REFUSED
    }

    static final Outcome CREATED = new Outcome(Kind.CREATED, null);
    static final Outcome UPDATED = new Outcome(Kind.UPDATED, null);
    static final Outcome UNCHANGED = new Outcome(Kind.UNCHANGED, null);

    static Outcome refused(Fault fault) {
        return new Outcome(Kind.REFUSED, fault);
    }
}
