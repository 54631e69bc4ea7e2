package org.pmsevents.pms.webhook;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How webhooks of the PMS are taken; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.webhook")
public interface WebhookConfig {
    /**
     * The secrets that webhooks may be signed with, separated by commas, several while they are being changed: base64 of 24 to 64 bytes,
     * with or without {@code whsec_} before it. Without any, every webhook is refused.
     */
    Optional<String> secrets();

    /** For how long a webhook may hold the stock of its lines; keep it below what adjustments of the same SKUs wait for at the most. */
    @WithDefault("3s")
    Duration holdLimit();

    /** How many webhooks a replica applies at once; each needs a connection. */
    @WithDefault("4")
    int atOnce();

    /** How many more may wait for their turn on a replica before further ones are answered 503. */
    @WithDefault("16")
    int waiting();

    /** How long a webhook may wait for its turn before it is answered 503. */
    @WithDefault("5s")
    Duration longestWait();

    /** How long answers are kept for webhooks that are delivered again. */
    @WithDefault("30d")
    Duration retention();
}
