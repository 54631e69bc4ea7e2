package org.pmsevents.delivery.sse;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/**
 * A feed with short waits and small bounds, whose handlers are watched only when a test asks for it, and one page of another origin
 * that may use the service: one start of the service for all tests that need any of these.
 */
public class QuickFeed implements QuarkusTestProfile {
    public static final int ATTEMPTS = 3;
    public static final int LAG_ALERT = 100;
    public static final String SHOP = "https://shop.example";

    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of(
                "pms-events.feed.poll", "50ms",
                "pms-events.feed.handler-backoff", "20ms",
                "pms-events.feed.handler-attempts", Integer.toString(ATTEMPTS),
                "pms-events.feed.handler-lag-alert", Integer.toString(LAG_ALERT),
                "pms-events.feed.handler-watch", "1h",
                "pms-events.delivery.heartbeat", "200ms",
                "pms-events.delivery.max-queued-bytes", "20000",
                "quarkus.http.cors.enabled", "true",
                "pms-events.security.allowed-origins", "https://other.example, https://Shop.Example:443/",
                "pms-events.security.hsts", "365d");
    }
}
