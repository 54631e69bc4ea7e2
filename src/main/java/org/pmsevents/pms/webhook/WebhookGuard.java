package org.pmsevents.pms.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Arrays;
import java.util.Locale;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.http.signature.WebhookSecrets;
import org.pmsevents.http.signature.WebhookSignature;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.platform.tracing.Traced;

/** Refuses webhooks without a valid signature, without saying why. Created at startup, so that an invalid secret stops the service. */
@Singleton
@Startup
public class WebhookGuard {
    private static final TraceLog LOG = TraceLog.of(WebhookGuard.class);

    private final WebhookSignature signature;
    private final MeterRegistry meters;

    WebhookGuard(WebhookConfig config, Clock clock, MeterRegistry meters) {
        this.signature = signature(config, clock);
        this.meters = meters;
        Arrays.stream(WebhookSignature.Fault.values()).forEach(this::refused);
    }

    private static WebhookSignature signature(WebhookConfig config, Clock clock) {
        try {
            return new WebhookSignature(WebhookSecrets.parse(config.secrets().orElse("")), clock);
        } catch (IllegalArgumentException bad) {
            throw new IllegalStateException("PMS_EVENTS_WEBHOOK_SECRETS: " + bad.getMessage(), bad);
        }
    }

    private Counter refused(WebhookSignature.Fault fault) {
        return meters.counter("pms.webhook.refused", "cause", fault.name().toLowerCase(Locale.ROOT));
    }

    /** @throws AppException 401 {@code bad-signature}, the same for every cause */
    void refuseUnsigned(Webhook webhook, Traced about) {
        signature.fault(webhook).ifPresent(fault -> {
            refused(fault).increment();
            LOG.debugf(about, "a webhook was refused: %s", fault);
            throw AppException.of(401, "bad-signature", "The webhook does not have a valid signature.")
                    .header("WWW-Authenticate", "StandardWebhooks");
        });
    }
}
