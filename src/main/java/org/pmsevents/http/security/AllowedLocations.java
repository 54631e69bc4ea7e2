package org.pmsevents.http.security;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/**
 * The locations at which a caller may change stock.
 *
 * @param names null for all
 */
public record AllowedLocations(@Nullable List<String> names) {
    public static final AllowedLocations ALL = new AllowedLocations(null);

    /** @throws AppException 403 {@code location-not-allowed} with the allowed {@code locations} */
    public void require(String location) {
        if (names != null && !names.contains(location)) {
            throw refusal("Stock at the location " + location + " can't be changed with this key.", names);
        }
    }

    /**
     * Whoever is bounded gives no key that is less so.
     *
     * @throws AppException 403 {@code location-not-allowed}
     */
    public void requireNoLessBounded(AllowedLocations given) {
        requireAll(given, "A key that is bounded to locations makes keys for these only: name them.");
    }

    /**
     * Whoever is bounded may not decide about what others do elsewhere.
     *
     * @param otherwise what the refusal says
     * @throws AppException 403 {@code location-not-allowed}
     */
    public void requireAll(AllowedLocations others, String otherwise) {
        if (names != null && (others.names == null || !names.containsAll(others.names))) {
            throw refusal(otherwise, names);
        }
    }

    private static AppException refusal(String detail, List<String> names) {
        return AppException.forbidden("location-not-allowed", detail + " Allowed: " + String.join(", ", names) + ".")
                .with("locations", names);
    }
}
