package org.pmsevents.apikey;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A valid request for a key.
 *
 * @param locations null for everywhere
 * @param expiresAt null if it is not to expire
 */
record NewKey(
        String name,
        List<String> roles,
        @Nullable List<String> locations,
        @Nullable Instant expiresAt) {}
