package org.pmsevents.pms.outbound;

import java.util.Locale;

/** The state of the sync of a publication when its answer is sent. */
public enum PmsSync {
    SYNCED,
    PENDING,
    /** No PMS is configured. */
    DISABLED;

    /** The spelling in JSON. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
