package org.pmsevents.http.query;

import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/** A query parameter that is on or off. */
public final class Flag {
    private Flag() {}

    /**
     * Reads the parameter: false if it is absent.
     *
     * @throws AppException 400 if it is neither {@code true} nor {@code false}
     */
    public static boolean of(String name, @Nullable String value) {
        return Boolean.TRUE.equals(ofNullable(name, value));
    }

    /** The same where it matters whether the parameter is there: null if it is absent. */
    public static @Nullable Boolean ofNullable(String name, @Nullable String value) {
        if (value != null && !value.equals("true") && !value.equals("false")) {
            throw AppException.validationFailed("?" + name, "format", name + " must be true or false.");
        }
        return value == null ? null : Boolean.valueOf(value);
    }
}
