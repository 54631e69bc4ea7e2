package org.pmsevents.pms.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.http.security.CurrentRequest;
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
    /** Where products are received. */
    public static final String PRODUCTS = "/webhooks/pms/products";

    private static final TraceLog LOG = TraceLog.of(WebhookGuard.class);
    private static final Set<String> PATHS = Set.of(PmsWebhookResource.STOCK, PRODUCTS);

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
    public void refuseUnsigned(Webhook webhook, Traced about) {
        signature.fault(webhook).ifPresent(fault -> {
            throw refusal(fault, about);
        });
    }

    void checkHeadersFirst(@Observes Filters filters) {
        filters.register(this::checkHeaders, FilterOrder.SIGNATURE_HEADERS);
    }

    /** Refuses a webhook whose headers already tell that its signature can't be valid, before its body takes memory. */
    private void checkHeaders(RoutingContext routing) {
        var request = routing.request();
        if (request.method() == HttpMethod.POST && PATHS.contains(routing.normalizedPath())) {
            var headers = request.headers();
            var webhook = new Webhook(
                    headers.getAll(Webhook.ID),
                    headers.getAll(Webhook.TIME),
                    headers.getAll(Webhook.SIGNATURE),
                    new byte[0]);
            var fault = signature.faultOfHeaders(webhook);
            if (fault.isPresent()) {
                routing.fail(refusal(fault.get(), CurrentRequest.of(routing)));
                return;
            }
        }
        routing.next();
    }

    private AppException refusal(WebhookSignature.Fault fault, Traced about) {
        refused(fault).increment();
        LOG.debugf(about, "a webhook was refused: %s", fault);
        return AppException.of(401, "bad-signature", "The webhook does not have a valid signature.")
                .header("WWW-Authenticate", "StandardWebhooks");
    }
}
