package org.pmsevents.pms.outbound;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** A service with a PMS, which the test has to open, and with short waits. */
public class WithPms implements QuarkusTestProfile {
    /** Long enough for a machine that does other things as well. */
    public static final int BUDGET_SECONDS = 5;

    static final String TOKEN = "token-of-the-pms";

    /** Known to the class loaders of build and test alike. */
    private static final String PORT = "pms-events.test.pms-port";

    public static FakePms open() {
        return FakePms.open(Integer.getInteger(PORT));
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        try (var free = FakePms.open(0)) {
            System.setProperty(PORT, Integer.toString(free.url().getPort()));
        }
        return Map.ofEntries(
                Map.entry("pms-events.pms.url", "http://127.0.0.1:" + System.getProperty(PORT) + "/pms/"),
                Map.entry("pms-events.pms.token", TOKEN),
                Map.entry("pms-events.pms.budget", BUDGET_SECONDS + "s"),
                Map.entry("pms-events.pms.longest-pause", "400ms"),
                Map.entry("pms-events.pms.outage-after", "1000"),
                Map.entry("pms-events.pms.breaker-delay-millis", "2000"),
                Map.entry("pms-events.queue.poll", "100ms"),
                Map.entry("org.pmsevents.pms.outbound.PmsGateway/Timeout/value", "9000"),
                Map.entry("org.pmsevents.pms.outbound.PmsGateway/Retry/delay", "20"),
                Map.entry("org.pmsevents.pms.outbound.PmsGateway/Retry/jitter", "10"));
    }
}
