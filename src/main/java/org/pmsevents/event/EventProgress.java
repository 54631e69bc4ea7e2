package org.pmsevents.event;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * Lets a flow wait for its own event: remembers which of the latest events have been published and dispatched on this replica,
 * whether that happened before or after someone asked.
 */
@ApplicationScoped
public class EventProgress {
    private static final int REMEMBERED = 16_384;

    /** Always the latest, and so no Caffeine: that evicts by how often, and would first forget those that somebody waits for. */
    private final Map<UUID, Emission> latest = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Emission> eldest) {
            return size() > REMEMBERED;
        }
    };

    private record Emission(CompletableFuture<Void> published, CompletableFuture<Void> dispatched) {}

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

    private synchronized Emission of(UUID id) {
        return latest.computeIfAbsent(id, key -> new Emission(new CompletableFuture<>(), new CompletableFuture<>()));
    }

    /** A waiter that gives up must not cancel what others wait for. */
    private static Uni<Void> waiting(CompletableFuture<Void> event) {
        return Uni.createFrom().completionStage(() -> event.copy());
    }
}
