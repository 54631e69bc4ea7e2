package org.pmsevents.pms.outbound;

import java.util.Locale;

/** How far a publication has come to the PMS when its answer leaves. */
public enum PmsSync {
    SYNCED,
    PENDING,
    /** No PMS is configured. */
    DISABLED;

    /** As the answer spells it. */
    public String wireName() {
        return name().toLowerCase(Locale.ROOT);
    }
}
