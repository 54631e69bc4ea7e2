package org.pmsevents.day;

import java.math.BigDecimal;

/**
 * One line of an invoice that moves goods: it leaves the shelf where the quantity is positive and comes back where it is negative.
 *
 * @param number in the file, whose header is line 1
 */
record InvoiceLine(int number, String invoice, String sku, String description, int quantity, BigDecimal price) {

    int delta() {
        return -quantity;
    }

    String reason() {
        return quantity > 0 ? "sale" : "return";
    }

    /** Of all lines of the file only this one has it. */
    String reference() {
        return invoice + "/" + number;
    }
}
