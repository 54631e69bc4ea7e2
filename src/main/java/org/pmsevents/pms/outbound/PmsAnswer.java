package org.pmsevents.pms.outbound;

/** What the PMS has done with a product that it was given. */
public enum PmsAnswer {
    ACCEPTED,
    /** It has a newer version already (409). */
    NEWER
}
