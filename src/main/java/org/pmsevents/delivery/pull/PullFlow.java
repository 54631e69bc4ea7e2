package org.pmsevents.delivery.pull;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionFilter;
import org.pmsevents.subscription.SubscriptionTable;

/** Gives the next events of a subscription to one consumer at a time. */
@ApplicationScoped
public class PullFlow {
    /** How long a consumer may take over what it was given, before it is given again. */
    private static final Duration LEASE = Duration.ofSeconds(60);

    private static final int MOST_EVENTS = 500;
    private static final int DEFAULT_EVENTS = 100;
    private static final int LONGEST_WAIT = 30;
    private static final int REACH = 5_000;

    /** For how long at least it is looked for an event that matches, before the answer is empty though the head is not reached. */
    private static final Duration LOOKS = Duration.ofSeconds(2);

    private final PullTable table;
    private final SubscriptionTable subscriptions;
    private final EventTable events;
    private final Transactions transactions;
    private final Reads reads;
    private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();

    PullFlow(
            PullTable table,
            SubscriptionTable subscriptions,
            EventTable events,
            Transactions transactions,
            Reads reads) {
        this.table = table;
        this.subscriptions = subscriptions;
        this.events = events;
        this.transactions = transactions;
        this.reads = reads;
    }

    private record Request(int max, Duration longest) {}

    /** A consumer that waits for an event that matches. */
    private record Waiting(SubscriptionFilter filter, CompletableFuture<@Nullable Void> come) {}

    /** What was looked at: the events that match, and how far that was. */
    private record Looked(List<FeedEvent> events, long upTo, boolean atHead) {}

    /** Ordered consumer of the feed: wakes those for whom something has come. */
    public Uni<Void> wake(FeedBatch batch) {
        if (!waiting.isEmpty()) {
            var candidates = batch.events().stream()
                    .map(SubscriptionFilter.Candidate::new)
                    .toList();
            waiting.stream()
                    .filter(each -> candidates.stream().anyMatch(each.filter()::matches))
                    .forEach(each -> each.come().complete(null));
        }
        return Uni.createFrom().voidItem();
    }

    /**
     * The next events as JSON text, {@code {"items":[…],"ack":…}}; {@code ack} is null where there are none.
     *
     * @throws AppException 404 {@code subscription-not-found}; 409 {@code pulled-elsewhere}, {@code subscription-not-active}, {@code
     *     wrong-delivery-kind}; 410 {@code position-expired}
     */
    Uni<String> pull(String text, byte @Nullable [] body) {
        return StrictJson.read(body, PullFlow::request).chain(request -> {
            var id = id(text);
            var pull = UUID.randomUUID();
            return transactions
                    .statement(client ->
                            table.take(client, id, pull, request.longest().plus(LEASE)))
                    .chain(taken -> taken.isPresent() ? pulled(taken.get(), pull, request) : refused(text, id));
        });
    }

    private static Request request(ParsedBody body) {
        var fields = body.fields().only("max", "waitSeconds");
        var max = fields.optionalInteger("max", 1, MOST_EVENTS);
        var wait = fields.optionalInteger("waitSeconds", 0, LONGEST_WAIT);
        body.violations().throwIfAny();
        return new Request(max == null ? DEFAULT_EVENTS : max.intValue(), Duration.ofSeconds(wait == null ? 0 : wait));
    }

    private Uni<String> pulled(Subscription subscription, UUID pull, Request request) {
        var id = subscription.id();
        var reached = new AtomicLong(subscription.position());
        return next(subscription, reached, request)
                .chain(looked -> looked.events().isEmpty()
                        ? release(id, pull, reached).replaceWith("{\"items\":[],\"ack\":null}")
                        : give(id, pull, looked.events()))
                .onFailure()
                .call(failure -> letGo(id, pull, reached))
                .onCancellation()
                .call(() -> letGo(id, pull, reached));
    }

    private Uni<Void> release(UUID id, UUID pull, AtomicLong reached) {
        return transactions.statement(client -> table.release(client, id, pull, reached.get()));
    }

    private Uni<Void> letGo(UUID id, UUID pull, AtomicLong reached) {
        return release(id, pull, reached).onFailure().recoverWithNull();
    }

    private Uni<String> give(UUID id, UUID pull, List<FeedEvent> found) {
        long upTo = found.get(found.size() - 1).position();
        return transactions
                .statement(client -> table.give(client, id, pull, upTo, LEASE))
                .map(held -> {
                    if (!held) {
                        throw pulledElsewhere(1);
                    }
                    return found.stream()
                            .map(FeedEvent::json)
                            .collect(Collectors.joining(",", "{\"items\":[", "],\"ack\":\"" + pull + "\"}"));
                });
    }

    /**
     * Looks for the next events page by page, and waits at the head.
     *
     * @param reached what of the feed was looked at without a match
     */
    private Uni<Looked> next(Subscription subscription, AtomicLong reached, Request request) {
        long begun = System.nanoTime();
        return Uni.createFrom()
                .deferred(() -> page(subscription, reached, request, begun))
                .repeat()
                .whilst(looked -> looked.events().isEmpty()
                        && (left(begun, request.longest()) > 0 || (!looked.atHead() && left(begun, LOOKS) > 0)))
                .collect()
                .last();
    }

    private static long left(long begun, Duration longest) {
        return begun + longest.toNanos() - System.nanoTime();
    }

    private Uni<Looked> page(Subscription subscription, AtomicLong reached, Request request, long begun) {
        var wait = new Waiting(subscription.filter(), new CompletableFuture<>());
        // before the read, so that nothing that comes after it is missed
        waiting.add(wait);
        return look(subscription, reached.get(), request.max())
                .call(looked -> {
                    if (!looked.events().isEmpty()) {
                        return Uni.createFrom().voidItem();
                    }
                    reached.set(looked.upTo());
                    long left = left(begun, request.longest());
                    return looked.atHead() && left > 0
                            ? come(wait, left)
                            : Uni.createFrom().voidItem();
                })
                .onTermination()
                .invoke(() -> waiting.remove(wait));
    }

    private static Uni<Void> come(Waiting wait, long nanos) {
        return Uni.createFrom()
                .<Void>completionStage(wait.come())
                .ifNoItem()
                .after(Duration.ofNanos(nanos))
                .recoverWithItem((Void) null);
    }

    private Uni<Looked> look(Subscription subscription, long from, int max) {
        var filter = subscription.filter();
        return reads.list(client -> events.read(client, from, MOST_EVENTS, REACH, filter.eventTypes()))
                .map(stretch -> {
                    if (from < stretch.pruned()) {
                        throw expired(from, stretch.pruned());
                    }
                    var found = stretch.events().stream()
                            .filter(event -> filter.matches(new SubscriptionFilter.Candidate(event)))
                            .limit(max)
                            .toList();
                    return new Looked(found, stretch.lastLooked(), stretch.lastLooked() >= stretch.head());
                });
    }

    private Uni<String> refused(String text, UUID id) {
        return transactions
                .read(client -> subscriptions.find(client, id))
                .map(found -> found.orElseThrow(() -> notFound(text)).subscription())
                .invoke(stored -> {
                    if (!stored.kind().equals(PullDelivery.KIND)) {
                        throw AppException.conflict(
                                "wrong-delivery-kind", "What it has is sent to it: nothing can be pulled.");
                    }
                    if (!stored.isActive()) {
                        throw AppException.conflict(
                                "subscription-not-active",
                                "It is " + stored.state()
                                        + (stored.reason() == null ? "" : " (" + stored.reason() + ")")
                                        + ". Resume it first.");
                    }
                })
                .chain(stored -> transactions.read(client -> table.leaseSeconds(client, id)))
                .map(seconds -> {
                    throw pulledElsewhere(seconds);
                });
    }

    /**
     * Moves the cursor behind what was pulled; doing it twice is the same as once.
     *
     * @throws AppException 404; 409 {@code ack-expired}: it was pulled again since, or the subscription was changed
     */
    Uni<Void> acknowledge(String text, byte @Nullable [] body) {
        return StrictJson.read(body, PullFlow::ack).chain(ack -> {
            var id = id(text);
            return transactions
                    .run(transaction -> table.acknowledge(transaction, id, ack))
                    .chain(done -> done
                            ? Uni.createFrom().voidItem()
                            : transactions
                                    .read(client -> subscriptions.find(client, id))
                                    .map(found -> found.orElseThrow(() -> notFound(text)))
                                    .map(found -> {
                                        throw AppException.conflict(
                                                "ack-expired",
                                                "What this acknowledges was given again since, or the subscription was changed.");
                                    }));
        });
    }

    private static UUID ack(ParsedBody body) {
        var text = body.fields()
                .only("ack")
                .requiredText("ack", 36, PullFlow::isId, "format", "Must be the ack of a pull.");
        body.violations().throwIfAny();
        return UUID.fromString(text);
    }

    private static boolean isId(String text) {
        try {
            return UUID.fromString(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static UUID id(String text) {
        if (!isId(text)) {
            throw notFound(text);
        }
        return UUID.fromString(text);
    }

    private static AppException notFound(String id) {
        return AppException.notFound("subscription-not-found", "There is no subscription with the id " + id + ".");
    }

    private static AppException expired(long from, long pruned) {
        return AppException.gone("position-expired", "Events right after position " + from + " are no longer stored.")
                .with("oldest", pruned + 1);
    }

    private static AppException pulledElsewhere(int seconds) {
        return AppException.conflict(
                        "pulled-elsewhere",
                        "Another consumer has what comes next, or has not acknowledged it yet. It comes again in "
                                + seconds + " s at the latest.")
                .header("Retry-After", Integer.toString(seconds));
    }
}
