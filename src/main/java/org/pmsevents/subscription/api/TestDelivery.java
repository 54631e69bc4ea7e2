package org.pmsevents.subscription.api;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.json.JsonTime;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.Sender;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.work.Senders;

/** Sends a message that tests a receiver. */
@ApplicationScoped
class TestDelivery {
    private final SubscriptionReads reads;
    private final Senders senders;
    private final JsonWriter json;
    private final Clock clock;

    TestDelivery(SubscriptionReads reads, Senders senders, JsonWriter json, Clock clock) {
        this.reads = reads;
        this.senders = senders;
        this.json = json;
        this.clock = clock;
    }

    /** What came of a test. */
    @RegisterForReflection
    record Tested(
            boolean delivered,
            @Nullable Integer status,
            long millis,
            @Nullable String error,
            @Nullable String answer) {}

    /** The message of a test, in the shape of an event. */
    @RegisterForReflection
    record TestEvent(String type, TestPayload payload, TestMetadata metadata) {}

    @RegisterForReflection
    record TestPayload(UUID subscription, String name) {}

    @RegisterForReflection
    record TestMetadata(String timestamp, String actor, String traceId, UUID id, String subject) {}

    /**
     * Sends a test message, whatever the state is.
     *
     * @throws AppException 409 {@code wrong-delivery-kind}
     */
    Uni<Tested> send(String text, RequestContext context) {
        return reads.standing(text).chain(found -> {
            var stored = found.subscription();
            if (!senders.sends(stored)) {
                throw SubscriptionFlow.wrongKind("Nothing is sent to a subscription that is pulled.");
            }
            return senders.sendOnce(stored, testOf(stored, context), context).map(TestDelivery::tested);
        });
    }

    private Sender.Parcel testOf(Subscription stored, RequestContext context) {
        var id = UuidV7.next(clock);
        var time = JsonTime.text(clock.instant());
        var type = "subscription.test";
        var event = new TestEvent(
                type,
                new TestPayload(stored.id(), stored.name()),
                new TestMetadata(time, context.actor(), context.traceId(), id, stored.name()));
        return new Sender.Parcel(
                id.toString(),
                List.of(new Sender.Sent(json.write(event), type, stored.name(), id.toString(), time, null)));
    }

    private static Tested tested(Outcome outcome) {
        return new Tested(outcome.isDelivered(), outcome.status(), outcome.millis(), outcome.error(), outcome.answer());
    }
}
