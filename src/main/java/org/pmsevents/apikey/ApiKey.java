package org.pmsevents.apikey;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An API key as administrators see it, without its text.
 *
 * @param roles as they were given, without those that they include
 * @param locations where it may change stock; null for everywhere
 * @param expiresAt null if it does not expire
 * @param lastUsedAt when it was last used, to within two minutes; null if never
 */
@RegisterForReflection
public record ApiKey(
        String id,
        String name,
        List<String> roles,
        @Nullable List<String> locations,
        Instant createdAt,
        String createdBy,
        @Nullable Instant expiresAt,
        @Nullable Instant lastUsedAt) {}
