package org.pmsevents.delivery.webhook;

import io.quarkus.test.junit.QuarkusTestProfile;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Set;
import org.pmsevents.subscription.work.Backoff;

/** Deliveries are tried again after 50 ms. */
public class SoonAgain implements QuarkusTestProfile {
    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(ShortPauses.class);
    }

    @Alternative
    @Singleton
    static class ShortPauses extends Backoff {
        ShortPauses() {
            super(Duration.ofMillis(50));
        }
    }
}
