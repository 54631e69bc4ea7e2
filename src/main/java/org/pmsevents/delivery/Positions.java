package org.pmsevents.delivery;

import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/** Parses positions of the feed in requests. */
public final class Positions {
    private Positions() {}

    /** A position and, if the client says it, its epoch. */
    public record Place(long position, @Nullable String epoch) {}

    /**
     * Parses {@code POSITION} or {@code EPOCH:POSITION}.
     *
     * @param name of the parameter or header, for the problem
     * @param epoch what the client says beside it; null for nothing
     * @throws AppException 400 if the position is not an integer of 0 or more
     */
    public static Place place(String name, String text, @Nullable String epoch) {
        int colon = text.lastIndexOf(':');
        return new Place(parse(name, text.substring(colon + 1)), colon < 0 ? epoch : text.substring(0, colon));
    }

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
