package org.pmsevents.delivery;

import org.pmsevents.platform.problem.AppException;

/** Parses positions of the feed in requests. */
public final class Positions {
    private Positions() {}

    /**
     * Parses a position.
     *
     * @param name of the parameter or header, for the problem
     * @throws AppException 400 if it is not an integer of 0 or more
     */
    public static long parse(String name, String text) {
        try {
            long position = Long.parseLong(text);
            if (position >= 0) {
                return position;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw AppException.validationFailed(name, "format", name + " must be a position: an integer, 0 or more.");
    }
}
