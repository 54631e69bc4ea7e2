package org.pmsevents.platform.clock;

import io.quarkus.test.junit.QuarkusTestProfile;
import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** A machine whose clock is three minutes behind that of PostgreSQL, and the start of the service on it. */
@Alternative
@Singleton
public class LateMachine extends MachineClock {
    public static final Duration BEHIND = Duration.ofMinutes(3);

    @Override
    Instant now() {
        return super.now().minus(BEHIND);
    }

    public static final class Profile implements QuarkusTestProfile {
        @Override
        public Set<Class<?>> getEnabledAlternatives() {
            return Set.of(LateMachine.class);
        }
    }
}
