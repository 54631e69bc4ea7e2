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

/** Lets in what the PMS has signed; whoever is refused learns nothing of why. Begins with the service, so that a bad secret stops it. */
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
            throw AppException.of(401, "bad-signature", "The webhook is not signed as it has to be.")
                    .header("WWW-Authenticate", "StandardWebhooks");
        });
    }
}
