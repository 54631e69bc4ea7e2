package org.pmsevents.cache;

import jakarta.ws.rs.core.Response;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a reader gets.
 *
 * @param staleFor for how long it has not been known whether this is the newest; null if it is known to be
 */
public record CacheAnswer(CacheEntry entry, @Nullable Duration staleFor) {
    private static final String HEADER = "Cache-Status";

    /** The newest, as far as is known. */
    public static CacheAnswer fresh(CacheEntry entry) {
        return new CacheAnswer(entry, null);
    }

    /** Says in the response that the value is stale, as RFC 9211 has it: a time to live below zero. */
    public Response.ResponseBuilder marked(Response.ResponseBuilder response) {
        return staleFor == null
                ? response
                : response.header(
                        HEADER, "pms-events; hit; ttl=-" + Math.max(1, staleFor.toSeconds()) + "; detail=stale");
    }
}
