package org.pmsevents.alert;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How admins are alerted. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.admin")
public interface AdminConfig {
    /** How long further alerts of the same key are counted instead of sent after one was sent. */
    @WithDefault("5m")
    Duration window();

    /** Where alerts are posted, {@code https://…} or {@code http://…}. Requires the secret. */
    Optional<String> webhookUrl();

    /** What signs these posts: base64 of 24 to 64 bytes, with or without {@code whsec_} in front. */
    Optional<String> webhookSecret();
}
