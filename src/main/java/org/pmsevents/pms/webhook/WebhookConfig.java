package org.pmsevents.pms.webhook;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How webhooks of the PMS are received. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.webhook")
public interface WebhookConfig {
    /**
     * The secrets that webhooks may be signed with, separated by commas; several while they are being rotated. Each is base64 of 24 to 64
     * bytes, with or without {@code whsec_} in front. Not set: every webhook is refused.
     */
    Optional<String> secrets();

    /** How long a webhook may lock the stock of its lines. Shorter than {@code pms-events.inventory.longest-wait}. */
    @WithDefault("3s")
    Duration holdLimit();

    /** How long a webhook may wait before it is answered 503. */
    @WithDefault("5s")
    Duration longestWait();
}
