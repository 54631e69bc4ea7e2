package org.pmsevents.subscription.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.subscription.SubscriptionTable;

/**
 * A subscription as the API shows it.
 *
 * @param reason why it is disabled; {@code feed-restarted} if its cursor was set back by a new epoch
 * @param cursor {@code <epoch>:<position>}: what matches up to there is delivered, but for what is held
 * @param lag positions from the cursor to the head of the feed
 * @param held events before the cursor that were refused, or wait for one that was
 * @param oldestUndelivered when the oldest event was stored that may not be delivered; null if there is none
 */
@RegisterForReflection
record SubscriptionView(
        UUID id,
        String name,
        List<String> types,
        @Nullable List<String> subjects,
        @Nullable List<String> locations,
        @Nullable List<String> changed,
        @Nullable List<String> excludeActors,
        @JsonRawValue String delivery,
        String state,
        @Nullable String reason,
        String cursor,
        long lag,
        long held,
        @Nullable Instant oldestUndelivered,
        @Nullable Instant lastSuccessAt,
        @Nullable String lastError,
        @Nullable Instant lastErrorAt,
        Instant createdAt,
        String createdBy) {

    static SubscriptionView of(SubscriptionTable.Standing standing) {
        var stored = standing.subscription();
        var filter = stored.filter();
        return new SubscriptionView(
                stored.id(),
                stored.name(),
                filter.types(),
                filter.subjects(),
                filter.locations(),
                filter.changed(),
                filter.excludeActors(),
                stored.delivery(),
                stored.state(),
                stored.reason(),
                standing.epoch() + ":" + stored.position(),
                standing.lag(),
                standing.held(),
                standing.oldest(),
                stored.lastSuccessAt(),
                stored.lastError(),
                stored.lastErrorAt(),
                stored.createdAt(),
                stored.createdBy());
    }
}
