package org.pmsevents.cache.flow;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready once the warm-up has ended. It always ends within its time limit. */
@Readiness
@ApplicationScoped
public class CacheReadiness implements HealthCheck {
    private final WarmUpFlow warmUp;

    CacheReadiness(WarmUpFlow warmUp) {
        this.warmUp = warmUp;
    }

    @Override
    public HealthCheckResponse call() {
        var warm = warmUp.warm();
        var response = HealthCheckResponse.named("cache").status(warm != null);
        return warm == null
                ? response.build()
                : response.withData("keys", warm.keys())
                        .withData("loaded", warm.loaded())
                        .withData("millis", warm.millis())
                        .build();
    }
}
