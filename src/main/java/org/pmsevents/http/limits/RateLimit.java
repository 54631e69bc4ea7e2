package org.pmsevents.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.pmsevents.http.FilterOrder;

/**
 * Refuses clients that exceed their rate, counted over all replicas. Without a configured rate not even the filter exists. A client
 * is the subject of its token, or the address if the token is missing or invalid. While Redis is unavailable all requests pass, and
 * are counted by a meter.
 */
@Singleton
public class RateLimit {
    private final RateLimitGateway gateway;
    private final boolean on;
    private final int perSecond;
    private final int burst;
    private final Counter refused;
    private final Counter unchecked;

    RateLimit(LimitsConfig config, RateLimitGateway gateway, MeterRegistry meters) {
        this.gateway = gateway;
        this.on = config.requestsPerSecond().isPresent();
        this.perSecond = config.requestsPerSecond().orElse(1);
        this.burst = config.burst().orElse(perSecond);
        if (perSecond < 1 || burst < 1) {
            throw new IllegalStateException(
                    "PMS_EVENTS_LIMITS_REQUESTS_PER_SECOND and PMS_EVENTS_LIMITS_BURST must be 1 or more.");
        }
        this.refused = meters.counter("pms.limits.refused", "limit", "rate");
        this.unchecked = meters.counter("pms.limits.unchecked");
    }

    void checkAfterAuthentication(@Observes Filters filters) {
        if (on) {
            filters.register(this::check, FilterOrder.RATE_LIMIT);
        }
    }

    /** Counts a request with an invalid token by its address; fails with {@link OverLimitException}. */
    public Uni<Void> countRefused(RoutingContext routing) {
        return on ? take(ClientName.ofAddress(routing)) : Uni.createFrom().voidItem();
    }

    private void check(RoutingContext routing) {
        take(ClientName.of(routing)).subscribe().with(passed -> routing.next(), routing::fail);
    }

    /** Continues on the context of the request, not on that of the Redis answer. */
    private Uni<Void> take(String client) {
        var context = Vertx.currentContext();
        return Uni.createFrom()
                .deferred(() -> gateway.take(client, perSecond, burst))
                .onFailure()
                .recoverWithItem(away -> {
                    unchecked.increment();
                    return 0;
                })
                .emitOn(task -> context.runOnContext(go -> task.run()))
                .invoke(this::refuseIfPositive)
                .replaceWithVoid();
    }

    private void refuseIfPositive(int waitSeconds) {
        if (waitSeconds > 0) {
            refused.increment();
            throw OverLimitException.tooOften(waitSeconds);
        }
    }
}
