package org.pmsevents.day;

import java.util.ArrayList;
import java.util.List;

/**
 * What must become of one SKU, reckoned without the service: counted once, given a threshold, then moved by line after line, of
 * which those are refused that would take more than is there.
 */
final class Shelf {
    /** What every shelf is counted to at opening time: four dozen. */
    static final int OPENING = 48;
    /** At which it is low: a dozen. */
    static final int THRESHOLD = 12;

    static final String OPENING_REASON = "count";
    static final String OPENING_REFERENCE = "opening";

    /** How an alert begins in a {@link #story()}. */
    static final String ALERT = "inventory.alert ";

    static final String INSUFFICIENT = "insufficient-stock";

    private final List<Movement> movements = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private int onHand;
    private int version = 1;
    private boolean low;
    private int alerts;

    /** Newly created, counted, then given its threshold. */
    Shelf() {
        story.add("product.created");
        move(OPENING, OPENING_REASON, OPENING_REFERENCE);
        version++;
    }

    /** What the service must answer to a line. */
    Outcome take(InvoiceLine line) {
        if (line.delta() < 0 && onHand + line.delta() < 0) {
            return Outcome.refused(INSUFFICIENT, onHand);
        }
        move(line.delta(), line.reason(), line.reference());
        judge();
        return Outcome.accepted(onHand);
    }

    private void move(int delta, String reason, String reference) {
        onHand += delta;
        version++;
        var movement = new Movement(delta, onHand, version, reason, reference);
        movements.add(movement);
        story.add(movement.told());
    }

    private void judge() {
        boolean now = onHand <= THRESHOLD;
        if (now && !low) {
            alerts++;
            story.add(alert(onHand, THRESHOLD));
        }
        low = now;
    }

    /** An alert, in the words of a {@link #story()}. */
    static String alert(int onHand, int threshold) {
        return ALERT + onHand + " <= " + threshold;
    }

    int onHand() {
        return onHand;
    }

    int version() {
        return version;
    }

    int alerts() {
        return alerts;
    }

    /** The oldest first. */
    List<Movement> movements() {
        return movements;
    }

    /** The SKU's events in their order, one a line. */
    List<String> story() {
        return story;
    }
}
