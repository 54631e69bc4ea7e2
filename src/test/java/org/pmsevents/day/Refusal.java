package org.pmsevents.day;

/** Why a line of the file is not sent: it does not say which goods moved, or how many, or in which direction. */
enum Refusal {
    /** Nobody knows which goods. */
    NO_CODE("no-code"),
    /** Postage, fees, discounts, corrections of an amount: nothing of it lies on a shelf. */
    NO_GOODS("no-goods"),
    /** Zero, or no whole number: nothing moved, or nobody knows how many. */
    NO_QUANTITY("no-quantity"),
    /**
     * Zero or no number: neither sold nor returned but corrected by hand, and then the sign runs the other way (the file has
     * {@code damages}, −43). Somebody must look at it.
     */
    NO_PRICE("no-price");

    private final String code;

    Refusal(String code) {
        this.code = code;
    }

    String code() {
        return code;
    }
}
