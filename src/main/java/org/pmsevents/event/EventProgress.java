package org.pmsevents.event;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Lets a flow wait for its own event. Remembers which of the latest events this replica has published and dispatched, so that a flow may
 * start to wait before or after that. An event is forgotten soon after the latest time at which the flow responds.
 */
@ApplicationScoped
public class EventProgress {
    /** How long a response waits for all steps after the commit together. */
    public static final Duration ANSWER_BUDGET = Duration.ofMillis(250);

    private static final int MAX_EVENTS = 16_384;

    /** An event is remembered for this many answer budgets after its handlers end; a flow starts to wait within one. */
    private static final int KEPT_ANSWER_BUDGETS = 4;

    /** Evicts the oldest event. Not a Caffeine cache: that evicts by frequency of use, and so the new events that flows wait for. */
    private final Map<UUID, Emission> latest = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Emission> eldest) {
            return size() > MAX_EVENTS;
        }
    };

    private final Queue<Processed> processed = new ArrayDeque<>();

    private final long keptNanos;

    private record Emission(
            CompletableFuture<Void> positioned,
            CompletableFuture<Void> published,
            CompletableFuture<Void> dispatched) {}

    private record Processed(UUID id, long at) {}

    public EventProgress() {
        this(ANSWER_BUDGET);
    }

    EventProgress(Duration answerBudget) {
        this.keptNanos = answerBudget.multipliedBy(KEPT_ANSWER_BUDGETS).toNanos();
    }

    /** Whether this replica has given the event its position. */
    public boolean isPositioned(UUID id) {
        return of(id).positioned().isDone();
    }

    /** Completes once the event has its position and has been sent to Redis. Never completes for an event that was forgotten. */
    public Uni<Void> published(UUID id) {
        return waiting(of(id).published());
    }

    /** Completes once the event's ordered consumers on this replica have returned or timed out. */
    public Uni<Void> dispatched(UUID id) {
        return waiting(of(id).dispatched());
    }

    public void markPositioned(List<FeedEvent> events) {
        events.forEach(event -> of(event.message().metadata().id()).positioned().complete(null));
    }

    public void markPublished(List<FeedEvent> events) {
        events.forEach(event -> of(event.message().metadata().id()).published().complete(null));
    }

    public void markDispatched(List<FeedEvent> events) {
        events.forEach(event -> of(event.message().metadata().id()).dispatched().complete(null));
    }

    /** Another epoch of the feed has begun: what was emitted before will not be dispatched. */
    public synchronized void forgetAll() {
        latest.clear();
        processed.clear();
    }

    /** Cleanup task of the live handlers: schedules the event to be forgotten, and forgets those that are due. */
    public Uni<Void> forget(EventMessage event) {
        forget(event.metadata().id(), System.nanoTime());
        return Uni.createFrom().voidItem();
    }

    private synchronized void forget(UUID id, long now) {
        processed.add(new Processed(id, now));
        while (processed.size() > MAX_EVENTS || now - processed.element().at() > keptNanos) {
            latest.remove(processed.remove().id());
        }
    }

    private synchronized Emission of(UUID id) {
        return latest.computeIfAbsent(
                id,
                key -> new Emission(new CompletableFuture<>(), new CompletableFuture<>(), new CompletableFuture<>()));
    }

    /** Copies the future, so that a waiter that cancels does not cancel it for other waiters. */
    private static Uni<Void> waiting(CompletableFuture<Void> event) {
        return Uni.createFrom().completionStage(() -> event.copy());
    }
}
