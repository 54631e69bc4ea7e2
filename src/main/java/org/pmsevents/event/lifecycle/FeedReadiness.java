package org.pmsevents.event.lifecycle;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.event.transport.RedisSubscriber;

/** Ready once this replica has joined the feed. An outage of PostgreSQL or Redis does not change that: it affects all replicas alike. */
@Readiness
@ApplicationScoped
public class FeedReadiness implements HealthCheck {
    private final Feed feed;
    private final FeedLifecycle lifecycle;
    private final RedisSubscriber subscriber;

    FeedReadiness(Feed feed, FeedLifecycle lifecycle, RedisSubscriber subscriber) {
        this.feed = feed;
        this.lifecycle = lifecycle;
        this.subscriber = subscriber;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("feed")
                .status(feed.started())
                .withData("position", feed.position())
                .withData("head", feed.head())
                .withData("schema", lifecycle.seesCurrentSchema() ? "current" : "not seen to be current yet")
                .withData("postgresql", lifecycle.seesPostgres() ? "reachable" : "away")
                .withData("redis", subscriber.hears() ? "reachable" : "away")
                .build();
    }
}
