package org.pmsevents.event;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the feed and of its durable handlers. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.feed")
public interface FeedConfig {
    /** How often each replica reads the head of the feed from PostgreSQL, and sequences events that a crashed replica left behind. */
    @WithDefault("1s")
    Duration poll();

    /**
     * How many bytes of events a replica holds for WebSockets and streams that catch up. Where there is no more room, the one that has not
     * read its events for longest, and for a second, is closed; it resumes where it was.
     */
    @WithDefault("33554432")
    long catchUpBytes();

    /** How long events are stored. A durable handler that is behind delays the deletion. */
    @WithDefault("7d")
    Duration retention();

    /** How long events are stored at most, even if a durable handler is behind. Not shorter than the retention. */
    @WithDefault("30d")
    Duration retentionHardLimit();

    /** How often a durable handler is given an event before the event becomes a dead letter. */
    @WithDefault("5")
    int handlerAttempts();

    /** The pause before a durable handler's second attempt at an event. It doubles for each further attempt. */
    @WithDefault("1s")
    Duration handlerBackoff();

    /** How often each replica checks how far the durable handlers are behind. */
    @WithDefault("5s")
    Duration handlerWatch();

    /** How many events a durable handler may be behind the head of the feed before the admins are alerted. */
    @WithDefault("20000")
    long handlerLagAlert();
}
