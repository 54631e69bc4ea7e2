package org.pmsevents.cache;

import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.TextArray;

/**
 * The answer to a read.
 *
 * @param staleFor how long it has been unknown whether this is the newest value; null if it is known to be
 * @param seen where the feed is followed from, to miss no change of this value; null if that is unknown
 */
public record CacheAnswer(
        CacheEntry entry,
        @Nullable Duration staleFor,
        @Nullable FeedPosition seen) {
    private static final String HEADER = "Cache-Status";

    /** The newest value, as far as this replica knows. */
    public static CacheAnswer fresh(CacheEntry entry, @Nullable FeedPosition seen) {
        return new CacheAnswer(entry, null, seen);
    }

    /**
     * The answer to a read of several names: {@code {"items":[…],"missing":[…]}}, stale if one of them is, and with what all of them have
     * seen.
     *
     * @param answers one for each name
     */
    public static CacheAnswer all(List<String> names, List<CacheAnswer> answers) {
        var items = new StringJoiner(",", "{\"items\":[", "]");
        var missing = new ArrayList<String>();
        @Nullable Duration staleFor = null;
        var seen = answers.get(0).seen();
        for (int i = 0; i < answers.size(); i++) {
            var answer = answers.get(i);
            if (answer.entry.isAbsent()) {
                missing.add(names.get(i));
            } else {
                items.add(answer.entry.json());
            }
            if (answer.staleFor != null && (staleFor == null || answer.staleFor.compareTo(staleFor) > 0)) {
                staleFor = answer.staleFor;
            }
            seen = FeedPosition.both(seen, answer.seen);
        }
        var json = items + ",\"missing\":" + TextArray.of(missing.toArray(String[]::new)) + "}";
        return new CacheAnswer(CacheEntry.unversioned(json), staleFor, seen);
    }

    /** Marks the response: with its place in the feed, and a stale value by the negative time to live of RFC 9211. */
    public Response.ResponseBuilder marked(Response.ResponseBuilder response) {
        var placed = FeedPosition.marked(response, seen);
        return staleFor == null
                ? placed
                : placed.header(
                        HEADER, "pms-events; hit; ttl=-" + Math.max(1, staleFor.toSeconds()) + "; detail=stale");
    }
}
