package org.pmsevents.alert;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;

/** Alerts are posted to a port of this machine, which a test may listen on. */
public class WithWebhook implements QuarkusTestProfile {
    static final String SECRET = "whsec_YW4gYWRtaW4gc2VjcmV0IGtub3duIHRvIGV2ZXJ5b25l";

    @Override
    public Map<String, String> getConfigOverrides() {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Map.of(
                    "pms-events.admin.webhook-url", "http://127.0.0.1:" + free.getLocalPort() + "/hook?for=admins",
                    "pms-events.admin.webhook-secret", SECRET,
                    "org.pmsevents.alert.AlertWebhookGateway/Timeout/value", "3000",
                    "org.pmsevents.alert.AlertWebhookGateway/CircuitBreaker/failureRatio", "1",
                    "org.pmsevents.alert.AlertWebhookGateway/CircuitBreaker/requestVolumeThreshold", "100000");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
