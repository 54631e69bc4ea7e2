package org.pmsevents.delivery.webhook;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.Map;

/** Deliveries are tried again after 50 ms. */
public class SoonAgain implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
        return Map.of("org.pmsevents.subscription.first-pause", "50ms");
    }
}
