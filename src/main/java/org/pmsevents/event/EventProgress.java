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
 * Lets a flow wait for its own event: remembers which of the latest events have been published and dispatched on this replica,
 * whether that happened before or after the flow asked. An event is forgotten soon after the flow's answer must have left.
 */
@ApplicationScoped
public class EventProgress {
    /** How long an answer waits in all for the steps after its commit. */
    public static final Duration ANSWER_BUDGET = Duration.ofMillis(250);

    private static final int REMEMBERED = 16_384;

    /** For so many times the answer budget an event is remembered after its handlers: a flow asks for it within one. */
    private static final int ANSWER_BUDGETS = 4;

    /** Always the latest, and so no Caffeine: that evicts by how often, and would first forget those that somebody waits for. */
    private final Map<UUID, Emission> latest = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Emission> eldest) {
            return size() > REMEMBERED;
        }
    };

    private final Queue<Processed> processed = new ArrayDeque<>();

    private final long keptNanos;

    private record Emission(CompletableFuture<Void> published, CompletableFuture<Void> dispatched) {}

    private record Processed(UUID id, long at) {}

    public EventProgress() {
        this(ANSWER_BUDGET);
    }

    EventProgress(Duration answerBudget) {
        this.keptNanos = answerBudget.multipliedBy(ANSWER_BUDGETS).toNanos();
    }

    /** Completes once the event has its position and has been handed to Redis; never, if it is long past. */
    public Uni<Void> published(UUID id) {
        return waiting(of(id).published());
    }

    /** Completes once the event's ordered consumers on this replica have returned or timed out. */
    public Uni<Void> dispatched(UUID id) {
        return waiting(of(id).dispatched());
    }

    public void markPublished(List<FeedEvent> events) {
        events.forEach(event -> of(event.message().metadata().id()).published().complete(null));
    }

    public void markDispatched(List<FeedEvent> events) {
        events.forEach(event -> of(event.message().metadata().id()).dispatched().complete(null));
    }

    /** The cleanup task of this replica's handlers: forgets the events whose handlers ended long enough ago, and later this one. */
    public Uni<Void> forget(EventMessage event) {
        forget(event.metadata().id(), System.nanoTime());
        return Uni.createFrom().voidItem();
    }

    private synchronized void forget(UUID id, long now) {
        processed.add(new Processed(id, now));
        while (processed.size() > REMEMBERED || now - processed.element().at() > keptNanos) {
            latest.remove(processed.remove().id());
        }
    }

    private synchronized Emission of(UUID id) {
        return latest.computeIfAbsent(id, key -> new Emission(new CompletableFuture<>(), new CompletableFuture<>()));
    }

    /** A waiter that gives up must not cancel what others wait for. */
    private static Uni<Void> waiting(CompletableFuture<Void> event) {
        return Uni.createFrom().completionStage(() -> event.copy());
    }
}
