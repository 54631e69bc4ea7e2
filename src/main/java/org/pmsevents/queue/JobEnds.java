package org.pmsevents.queue;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.platform.json.JsonText;

/**
 * Lets a request wait for the outcome of a job, on whichever replica it runs. Announcements may get lost, so every wait has a
 * limit.
 */
@ApplicationScoped
public class JobEnds {
    private final Map<UUID, Set<CompletableFuture<Void>>> waiting = new ConcurrentHashMap<>();

    /** Subscribes at once. Completes when the job has ended or failed for now, or after {@code atMost}; never fails. */
    public Uni<Void> settled(UUID job, Duration atMost) {
        var settled = new CompletableFuture<Void>();
        waiting.compute(job, (id, others) -> {
            var all = others == null ? ConcurrentHashMap.<CompletableFuture<Void>>newKeySet() : others;
            all.add(settled);
            return all;
        });
        return Uni.createFrom()
                .completionStage(settled)
                .ifNoItem()
                .after(atMost)
                .recoverWithItem((Void) null)
                .onTermination()
                .invoke(() -> forget(job, settled));
    }

    private void forget(UUID job, CompletableFuture<Void> settled) {
        waiting.computeIfPresent(job, (id, all) -> {
            all.remove(settled);
            return all.isEmpty() ? null : all;
        });
    }

    /** Takes an announcement of a job. A job that is run once more at once has not settled. */
    public void announced(EventMessage news) {
        if (waiting.isEmpty()) {
            return;
        }
        var job = UUID.fromString(news.subject());
        var all = waiting.get(job);
        if (all != null && hasSettled(news)) {
            all.forEach(settled -> settled.complete(null));
        }
    }

    private static boolean hasSettled(EventMessage news) {
        return news.type() == EventType.QUEUE_COMPLETE
                || JsonText.object(news.payload()).path("state").asText().equals(JobState.RETRYABLE.wireName());
    }
}
