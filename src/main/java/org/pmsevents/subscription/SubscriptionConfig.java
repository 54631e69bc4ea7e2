package org.pmsevents.subscription;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import java.util.Optional;

/** Settings of subscriptions. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.subscriptions")
public interface SubscriptionConfig {
    /**
     * Networks that webhooks of subscriptions may be sent to although they are not public, separated by commas, such as
     * {@code 10.1.0.0/16,fd00:7::/64}. Plain {@code http} is allowed to them as well. Not set: {@code https} to public addresses only.
     */
    Optional<String> allow();
}
