package org.pmsevents.delivery.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.http.signature.WebhookSecrets;
import org.pmsevents.http.signature.WebhookSignature;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.Sender;
import org.pmsevents.subscription.Subscription;

/** Delivers events by POST, signed as Standard Webhooks 1.0.0 defines: an event, or an array where {@code batch} is more than 1. */
@ApplicationScoped
public class WebhookDelivery implements Sender {
    static final String NATIVE = "native";
    static final String CLOUD_EVENTS = "cloudevents";

    private static final int MAX_URL = 2_000;
    private static final int MOST_EVENTS = 100;
    private static final int MOST_LANES = 16;
    private static final int DEFAULT_LANES = 4;

    private final ReceiverClient receivers;
    private final Tracing tracing;
    private final JsonWriter json;
    private final Clock clock;

    WebhookDelivery(ReceiverClient receivers, Tracing tracing, JsonWriter json, Clock clock) {
        this.receivers = receivers;
        this.tracing = tracing;
        this.json = json;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "webhook";
    }

    @Override
    public boolean signs() {
        return true;
    }

    @Override
    public ObjectNode read(Fields delivery) {
        delivery.only("kind", "url", "format", "batch", "lanes");
        var url = delivery.requiredText("url", MAX_URL);
        var fault = url.isBlank() ? null : receivers.rules().fault(url);
        if (fault != null) {
            delivery.violation("url", "not-allowed", fault);
        }
        var format = delivery.optionalText(
                "format", 16, Set.of(NATIVE, CLOUD_EVENTS)::contains, "unknown", "Must be native or cloudevents.");
        var batch = delivery.optionalInteger("batch", 1, MOST_EVENTS);
        var lanes = delivery.optionalInteger("lanes", 1, MOST_LANES);
        return JsonNodeFactory.instance
                .objectNode()
                .put("kind", name())
                .put("url", url)
                .put("format", format == null ? NATIVE : format)
                .put("batch", batch == null ? 1 : batch)
                .put("lanes", lanes == null ? DEFAULT_LANES : lanes);
    }

    @Override
    public int lanes(Subscription subscription) {
        return JsonText.object(subscription.delivery()).path("lanes").asInt(1);
    }

    @Override
    public int batch(Subscription subscription) {
        return JsonText.object(subscription.delivery()).path("batch").asInt(1);
    }

    @Override
    public Uni<Outcome> send(Subscription subscription, String epoch, Parcel parcel, RequestContext context) {
        return tracing.within(Kind.CLIENT, "POST", context, span -> {
            var delivery = JsonText.object(subscription.delivery());
            var url = URI.create(delivery.path("url").textValue());
            boolean batched = delivery.path("batch").asInt(1) > 1;
            boolean cloud = delivery.path("format").textValue().equals(CLOUD_EVENTS);
            var body = body(parcel, batched, cloud, epoch).getBytes(StandardCharsets.UTF_8);
            long time = clock.instant().getEpochSecond();
            var signature = new WebhookSignature(WebhookSecrets.parse(String.join(",", subscription.secrets())), clock);
            var headers = new LinkedHashMap<String, String>();
            headers.put("Content-Type", !cloud ? "application/json" : batched ? CloudEvents.BATCH : CloudEvents.ONE);
            headers.put("User-Agent", "pms-events");
            headers.put(Webhook.ID, parcel.id());
            headers.put(Webhook.TIME, Long.toString(time));
            headers.put(Webhook.SIGNATURE, signature.sign(parcel.id(), time, body));
            var position = parcel.events().get(parcel.events().size() - 1).position();
            if (position != null) {
                headers.put("Feed-Position", epoch + ":" + position);
            }
            headers.put("traceparent", TraceId.traceparent(context.under(span), tracing));
            span.with("http.request.method", "POST").with("server.address", url.getAuthority());
            return receivers.post(url, headers, body).invoke(outcome -> {
                var status = outcome.status();
                if (status != null) {
                    span.with("http.response.status_code", status);
                }
                if (!outcome.isDelivered()) {
                    span.failed(outcome.kind().name());
                }
            });
        });
    }

    private String body(Parcel parcel, boolean batched, boolean cloud, String epoch) {
        if (!batched && parcel.events().size() > 1) {
            throw new IllegalStateException(parcel.events().size() + " events in a request for one");
        }
        if (cloud) {
            var events = new CloudEvents(epoch, json);
            return batched
                    ? events.batch(parcel.events())
                    : events.one(parcel.events().get(0));
        }
        return batched
                ? parcel.events().stream().map(Sent::json).collect(Collectors.joining(",", "[", "]"))
                : parcel.events().get(0).json();
    }
}
