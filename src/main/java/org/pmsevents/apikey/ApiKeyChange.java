package org.pmsevents.apikey;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An entry of the audit: a key was made or revoked.
 *
 * @param change {@code created} or {@code revoked}
 * @param roles those of the key
 * @param locations those of the key; null for everywhere
 * @param expiresAt that of the key; null if it did not expire
 * @param at when that was
 * @param actor who did it
 * @param traceId of the request
 */
@RegisterForReflection
public record ApiKeyChange(
        UUID id,
        String change,
        String keyId,
        String keyName,
        List<String> roles,
        @Nullable List<String> locations,
        @Nullable Instant expiresAt,
        Instant at,
        String actor,
        String traceId) {}
