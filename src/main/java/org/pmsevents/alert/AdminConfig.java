package org.pmsevents.alert;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How admins are alerted; the defaults suit production. */
@ConfigMapping(prefix = "pms-events.admin")
public interface AdminConfig {
    /** For how long alerts of a key are held back and counted after one was sent. */
    @WithDefault("5m")
    Duration window();

    /** How often each replica looks for windows that have ended, and tries to store what it could not. */
    @WithDefault("1s")
    Duration poll();

    /** Of how many keys a replica keeps alerts while PostgreSQL is away. */
    @WithDefault("1000")
    int waiting();

    /** How long it is remembered which occurrences were counted; longer than events are kept. */
    @WithDefault("40d")
    Duration remember();

    /** Where alerts are posted to, {@code https://…} or {@code http://…}. */
    Optional<String> webhookUrl();

    /** What they are signed with: base64 of 24 to 64 bytes, with or without {@code whsec_} before it. */
    Optional<String> webhookSecret();
}
