package org.pmsevents.delivery.sse;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** The bounds of server-sent event streams. */
@ConfigMapping(prefix = "pms-events.stream")
public interface EventStreamConfig {
    /** How often a stream is told the position that it has reached. */
    @WithDefault("15s")
    Duration heartbeat();

    /** How many characters may wait for a reader that is slow; with more its stream is ended before the next batch. */
    @WithDefault("4194304")
    int maxQueuedBytes();

    /** Over how long the streams of a replica that stops are ended. */
    @WithDefault("5s")
    Duration drain();

    /** How many streams a replica takes; further ones get 503. */
    @WithDefault("5000")
    int maxStreams();

    /** How many of them one client, which is the subject of a token, may have; further ones get 429. */
    @WithDefault("500")
    int maxStreamsPerClient();
}
