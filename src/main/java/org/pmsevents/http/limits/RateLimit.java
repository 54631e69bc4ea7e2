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
 * Refuses clients who ask too often, counting at all replicas together. Off until a rate is configured, and then not even a filter. A
 * client is the subject of its token; whoever has none, or a bad one, is known by address. While Redis is away everybody passes, counted.
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

    /** Counts a request whose token was refused, by where it comes from; fails with {@link OverLimitException}. */
    public Uni<Void> countRefused(RoutingContext routing) {
        return on ? take(ClientName.ofAddress(routing)) : Uni.createFrom().voidItem();
    }

    private void check(RoutingContext routing) {
        take(ClientName.of(routing)).subscribe().with(passed -> routing.next(), routing::fail);
    }

    /** Goes on where it was asked, not where Redis was heard. */
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
