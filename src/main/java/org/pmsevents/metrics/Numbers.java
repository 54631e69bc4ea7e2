package org.pmsevents.metrics;

/** Formats measured numbers. */
public final class Numbers {
    private static final double THOUSAND = 1_000;

    private Numbers() {}

    /** Rounds to three digits after the point, the precision of the measurements. */
    public static double rounded(double number) {
        return Math.round(number * THOUSAND) / THOUSAND;
    }
}
