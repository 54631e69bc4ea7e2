package org.pmsevents.delivery.kafka;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.CloudEventAttributes;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.Sender;
import org.pmsevents.subscription.Subscription;

/**
 * Delivers each event as a record of a topic: the key is the subject, the value the event in its own form, the headers those of a CloudEvent in
 * binary mode (Kafka Protocol Binding for CloudEvents 1.0.2).
 */
@ApplicationScoped
public class KafkaDelivery implements Sender {
    /** How many events of a subscription are under way at once, each of another subject. */
    private static final int IN_FLIGHT = 250;

    private static final int MAX_TOPIC = 249;
    /** What Kafka takes as a name. */
    private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]+");

    private static final String OFF = "Kafka is off: KAFKA_BOOTSTRAP_SERVERS is not set.";

    private final KafkaCluster cluster;
    private final Tracing tracing;

    KafkaDelivery(KafkaCluster cluster, Tracing tracing) {
        this.cluster = cluster;
        this.tracing = tracing;
    }

    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public boolean signs() {
        return false;
    }

    @Override
    public ObjectNode read(Fields delivery) {
        delivery.only("kind", "topic");
        if (!cluster.isNamed()) {
            delivery.violation("kind", "not-configured", OFF);
        }
        var topic = delivery.requiredText(
                "topic",
                MAX_TOPIC,
                text -> TOPIC.matcher(text).matches(),
                "pattern",
                "Must be 1 to 249 letters, digits, dots, hyphens and underscores, and neither . nor ..");
        return JsonNodeFactory.instance.objectNode().put("kind", name()).put("topic", topic);
    }

    @Override
    public int lanes(Subscription subscription) {
        return IN_FLIGHT;
    }

    /** One: an event that is refused must not have others of its request repeated. The producer puts records together by itself. */
    @Override
    public int batch(Subscription subscription) {
        return 1;
    }

    @Override
    public Uni<Outcome> send(Subscription subscription, String epoch, Parcel parcel, RequestContext context) {
        var topic = JsonText.object(subscription.delivery()).path("topic").textValue();
        var event = parcel.events().get(0);
        long begun = System.nanoTime();
        if (!cluster.isNamed()) {
            return Uni.createFrom().item(outcome(Outcome.Kind.UNAVAILABLE, OFF, null, begun));
        }
        return tracing.within(Kind.PRODUCER, "send " + topic, context, span -> {
            span.with("messaging.system", "kafka")
                    .with("messaging.destination.name", topic)
                    .with("messaging.kafka.message.key", event.subject());
            var traceparent = TraceId.traceparent(context.under(span), tracing);
            return cluster.send(of(topic, event, epoch, traceparent))
                    .map(place -> outcome(Outcome.Kind.DELIVERED, null, place, begun))
                    .onFailure()
                    .recoverWithItem(failure -> {
                        var kind = KafkaFailures.kind(failure);
                        span.failed(kind.name());
                        return outcome(kind, fault(kind, failure, topic, event), null, begun);
                    });
        });
    }

    /** The time of the record is that at which it is sent: by the event's own, Kafka would delete what is replayed at once. */
    private static ProducerRecord<byte[], byte[]> of(String topic, Sent event, String epoch, String traceparent) {
        var made = new ProducerRecord<>(topic, bytes(event.subject()), bytes(event.json()));
        CloudEventAttributes.of(event, epoch)
                .forEach((name, value) -> made.headers().add("ce_" + name, bytes(value)));
        made.headers().add("content-type", bytes("application/json"));
        made.headers().add("traceparent", bytes(traceparent));
        return made;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** One that is about the event names it. */
    private static String fault(Outcome.Kind kind, Throwable failure, String topic, Sent event) {
        var text = KafkaFailures.text(failure, topic);
        return kind == Outcome.Kind.REFUSED
                ? "Event " + event.eventId() + " of " + event.subject() + " was refused: " + text
                : text;
    }

    private static Outcome outcome(
            Outcome.Kind kind, @Nullable String error, @Nullable RecordMetadata place, long begun) {
        return new Outcome(
                kind,
                null,
                error,
                place == null ? null : "partition " + place.partition() + ", offset " + place.offset(),
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
                null);
    }
}
