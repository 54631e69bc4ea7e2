package org.pmsevents.day;

/**
 * What a line comes to.
 *
 * @param code why it is refused; empty if it is not
 * @param onHand what is there after it
 */
record Outcome(int status, String code, int onHand) {

    static Outcome accepted(int onHand) {
        return new Outcome(200, "", onHand);
    }

    static Outcome refused(String code, int onHand) {
        return new Outcome(409, code, onHand);
    }

    boolean isAccepted() {
        return status == 200;
    }
}
