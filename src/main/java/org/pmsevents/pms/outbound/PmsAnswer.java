package org.pmsevents.pms.outbound;

/** The answer of the PMS to a product. */
public enum PmsAnswer {
    ACCEPTED,
    /** The PMS has a newer version already (409). */
    NEWER
}
