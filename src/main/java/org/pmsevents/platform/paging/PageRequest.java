package org.pmsevents.platform.paging;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/**
 * A request for one page of a list. The cursor of a page names its list, and is refused for another one, whose items it would skip.
 * Pages are found by key, so each costs the same, and concurrent writes neither skip nor repeat items.
 *
 * @param list the name of the list, letters and hyphens, the same on every replica
 * @param after the last key of the previous page, decoded; null for the first page
 */
public record PageRequest(String list, int limit, @Nullable String after) {
    /** Not in the alphabet of the encoded key, so that a key and the name of a list can't be mistaken for each other. */
    private static final String SEPARATOR = ".";

    private static final int DEFAULT_LIMIT = 50;
    private static final int MAX_LIMIT = 500;

    /**
     * @param list the name of the list
     * @param limit as in the query: 1 to 500, by default 50
     * @param after as in the query, opaque
     */
    public static PageRequest of(String list, @Nullable String limit, @Nullable String after) {
        return new PageRequest(list, limit(limit), after == null ? null : decode(list, after));
    }

    /** For the list of one subject, such as the movements of a SKU: the cursor is good for no other subject. */
    public static PageRequest of(String list, String subject, @Nullable String limit, @Nullable String after) {
        return of(list + "-" + Integer.toHexString(subject.hashCode()), limit, after);
    }

    /** Parses the limit of the query: 1 to 500, by default 50. */
    public static int limit(@Nullable String limit) {
        if (limit == null) {
            return DEFAULT_LIMIT;
        }
        try {
            int value = Integer.parseInt(limit);
            if (value >= 1 && value <= MAX_LIMIT) {
                return value;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw AppException.validationFailed(
                "?limit", "out-of-range", "limit must be an integer from 1 to " + MAX_LIMIT + ".");
    }

    /** {@code after} as a position, for lists ordered by position. */
    public @Nullable Long afterNumber() {
        return parsed(Long::valueOf);
    }

    /** {@code after} as an id, for lists ordered by id. */
    public @Nullable UUID afterId() {
        return parsed(UUID::fromString);
    }

    /** One more than the page has, to see whether there is a next page. */
    public int oneMore() {
        return limit + 1;
    }

    /** Makes the page from rows that were queried with the limit {@link #oneMore}. */
    public <T> Page<T> page(List<T> rows, Function<T, String> key) {
        if (rows.size() <= limit) {
            return new Page<>(rows, null);
        }
        return new Page<>(rows.subList(0, limit), encode(list, key.apply(rows.get(limit - 1))));
    }

    private <T> @Nullable T parsed(Function<String, T> parse) {
        if (after == null) {
            return null;
        }
        try {
            return parse.apply(after);
        } catch (IllegalArgumentException e) {
            throw unreadable();
        }
    }

    private static String encode(String list, String key) {
        return list
                + SEPARATOR
                + Base64.getUrlEncoder().withoutPadding().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    private static String decode(String list, String after) {
        var start = list + SEPARATOR;
        if (after.startsWith(start)) {
            try {
                var key = new String(
                        Base64.getUrlDecoder().decode(after.substring(start.length())), StandardCharsets.UTF_8);
                if (!key.isEmpty() && encode(list, key).equals(after) && key.indexOf('\0') < 0) {
                    return key;
                }
            } catch (IllegalArgumentException e) {
                // reported below
            }
        }
        throw unreadable();
    }

    private static AppException unreadable() {
        return AppException.validationFailed(
                "?after", "format", "after must be the value of next on an earlier page of this list.");
    }
}
