package org.pmsevents.alert;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of alerts to administrators; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.admin")
public interface AdminConfig {
    /** How long further alerts of a key are held back and counted after one was sent. */
    @WithDefault("5m")
    Duration window();

    /** How often each replica looks for windows that have ended, and retries to store alerts. */
    @WithDefault("1s")
    Duration poll();

    /** For how many keys a replica holds alerts in memory while PostgreSQL is unavailable. */
    @WithDefault("1000")
    int waiting();

    /** How long counted occurrences are remembered; longer than events are stored. */
    @WithDefault("40d")
    Duration remember();

    /** The URL that alerts are posted to, {@code https://…} or {@code http://…}. */
    Optional<String> webhookUrl();

    /** The secret that signs them: base64 of 24 to 64 bytes, with or without {@code whsec_} before it. */
    Optional<String> webhookSecret();
}
