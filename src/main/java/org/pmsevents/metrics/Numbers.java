package org.pmsevents.metrics;

/** How numbers that were measured are shown. */
public final class Numbers {
    private static final double THOUSAND = 1_000;

    private Numbers() {}

    /** Three digits after the point, more of which nobody has measured. */
    public static double rounded(double number) {
        return Math.round(number * THOUSAND) / THOUSAND;
    }
}
