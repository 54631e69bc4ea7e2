package org.pmsevents.delivery.sse;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** The feed with short waits and small queues, so that tests need not wait long for what production does seldom. */
public class QuickFeed implements QuarkusTestProfile {
    public static final int ATTEMPTS = 3;

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "pms-events.feed.poll", "50ms",
                "pms-events.feed.handler-backoff", "20ms",
                "pms-events.feed.handler-attempts", Integer.toString(ATTEMPTS),
                "pms-events.delivery.heartbeat", "200ms",
                "pms-events.delivery.max-queued-bytes", "20000");
    }
}
