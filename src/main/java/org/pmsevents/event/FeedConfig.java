package org.pmsevents.event;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the feed works; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.feed")
public interface FeedConfig {
    /** How often a replica looks at the head in PostgreSQL, and sequences what a crashed replica left. */
    @WithDefault("1s")
    Duration poll();

    /** How long a hole is left to a message that was overtaken before it is read from PostgreSQL. */
    @WithDefault("20ms")
    Duration holePatience();

    /** How long the last steps of a flow wait in all for their event, before the answer goes out without them. */
    @WithDefault("250ms")
    Duration answerBudget();

    /** How long a consumer that is told in position order may take over one batch, before the others go on without it. */
    @WithDefault("2s")
    Duration consumerTimeout();

    /** How many events may wait in memory behind a hole; what is beyond is read from PostgreSQL later. */
    @WithDefault("10000")
    int buffer();

    /** How many announcements a handler may have under way on a replica, before further ones are dropped and counted. */
    @WithDefault("1000")
    int handlerBacklog();

    /** How long events are kept; a primary handler that is behind keeps them longer. */
    @WithDefault("7d")
    Duration retention();

    /** How long events are kept at the most, whoever is behind. */
    @WithDefault("30d")
    Duration retentionHardLimit();

    /** How often old events are deleted. */
    @WithDefault("1m")
    Duration pruneEvery();

    /** How often a durable handler's event is tried before it becomes a dead letter. */
    @WithDefault("5")
    int handlerAttempts();

    /** How long a primary handler gathers events between two runs. */
    @WithDefault("50ms")
    Duration handlerPause();

    /** The wait before a primary handler's second attempt; doubled for each further one. */
    @WithDefault("1s")
    Duration handlerBackoff();

    /** How often each replica looks how far the primary handlers are behind. */
    @WithDefault("5s")
    Duration handlerWatch();

    /** How many events a primary handler may be behind the head before admins are alerted. */
    @WithDefault("20000")
    long handlerLagAlert();

    /** First part of the names of Redis channels and keys, for services that share a Redis. */
    @WithDefault("pms-events")
    String redisPrefix();
}
