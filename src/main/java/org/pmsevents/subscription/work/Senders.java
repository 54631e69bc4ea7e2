package org.pmsevents.subscription.work;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.arc.All;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.platform.json.JsonTime;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.Sender;
import org.pmsevents.subscription.Subscription;

/** The kinds of delivery that replicas work off: sends one request, and counts what becomes of it. */
@ApplicationScoped
public class Senders {
    private final Feed feed;
    private final Map<String, Sender> byKind;
    private final Counter delivered;
    private final Counter failed;
    private final Timer timer;

    Senders(@All List<Sender> senders, Feed feed, MeterRegistry meters) {
        this.feed = feed;
        this.byKind = senders.stream().collect(Collectors.toMap(Sender::name, Function.identity()));
        this.delivered = meters.counter("pms.subscriptions.deliveries", "outcome", "delivered");
        this.failed = meters.counter("pms.subscriptions.deliveries", "outcome", "failed");
        this.timer = meters.timer("pms.subscriptions.delivery");
    }

    String[] kinds() {
        return byKind.keySet().toArray(String[]::new);
    }

    /** Null for what is pulled, or of a kind that only another version knows. */
    @Nullable
    Sender of(Subscription subscription) {
        return byKind.get(subscription.kind());
    }

    public boolean sends(Subscription subscription) {
        return byKind.containsKey(subscription.kind());
    }

    /** Sends a request of the feed. Never fails. */
    Uni<Outcome> send(Subscription subscription, Sender.Parcel parcel, RequestContext context) {
        return Uni.createFrom()
                .deferred(() -> sendOnce(subscription, parcel, context))
                .onFailure()
                .recoverWithItem(
                        failure -> new Outcome(Outcome.Kind.UNAVAILABLE, null, failure.toString(), null, 0, null))
                .invoke(this::count);
    }

    private void count(Outcome outcome) {
        (outcome.isDelivered() ? delivered : failed).increment();
        timer.record(outcome.millis(), TimeUnit.MILLISECONDS);
    }

    /** For what is sent outside of the order, such as a test; it is not counted. */
    public Uni<Outcome> sendOnce(Subscription subscription, Sender.Parcel parcel, RequestContext context) {
        var sender = of(subscription);
        return sender == null
                ? Uni.createFrom().failure(new IllegalStateException("nothing is sent to " + subscription))
                : sender.send(subscription, feed.id(), parcel, context);
    }

    /** The request for these events. The id of a single one is its own, that of several is made of the first and the last. */
    static Sender.Parcel parcel(List<FeedEvent> events) {
        var first = events.get(0).message().metadata().id();
        var last = events.get(events.size() - 1).message().metadata().id();
        return new Sender.Parcel(
                events.size() == 1 ? first.toString() : first + "_" + last,
                events.stream().map(Senders::sent).toList());
    }

    private static Sender.Sent sent(FeedEvent event) {
        var message = event.message();
        var metadata = message.metadata();
        return new Sender.Sent(
                event.json(),
                message.type().wireName(),
                message.subject(),
                metadata.id().toString(),
                JsonTime.text(metadata.timestamp()),
                event.position());
    }
}
