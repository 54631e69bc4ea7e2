package org.pmsevents.cache;

import jakarta.ws.rs.core.Response;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a read.
 *
 * @param staleFor how long it has been unknown whether this is the newest value; null if it is known to be
 */
public record CacheAnswer(CacheEntry entry, @Nullable Duration staleFor) {
    private static final String HEADER = "Cache-Status";

    /** The newest value, as far as this replica knows. */
    public static CacheAnswer fresh(CacheEntry entry) {
        return new CacheAnswer(entry, null);
    }

    /** Marks a stale value in the response, by the negative time to live of RFC 9211. */
    public Response.ResponseBuilder marked(Response.ResponseBuilder response) {
        return staleFor == null
                ? response
                : response.header(
                        HEADER, "pms-events; hit; ttl=-" + Math.max(1, staleFor.toSeconds()) + "; detail=stale");
    }
}
