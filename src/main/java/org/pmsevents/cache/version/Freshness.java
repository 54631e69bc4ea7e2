package org.pmsevents.cache.version;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.platform.periodic.Periodic;

/**
 * Whether this replica knows what has changed: only then are entries valid. If PostgreSQL has not confirmed that within the
 * staleness bound, because it is unavailable or the replica was paused, it is asked before an entry is returned, once for all
 * concurrent readers.
 */
@ApplicationScoped
public class Freshness {
    /** After PostgreSQL did not answer, no reader waits for it again within this time. */
    private static final long PAUSE = Duration.ofMillis(500).toNanos();
    /** A check times out after 1 s. If it took far longer, this replica itself was paused. */
    private static final long PAUSED = Duration.ofSeconds(3).toNanos();

    private final Feed feed;
    private final Notices notices;
    private final CacheConfig config;
    private final Periodic periodic;
    private final AtomicReference<@Nullable CompletableFuture<Void>> underWay = new AtomicReference<>();
    private volatile boolean failed;
    private volatile long failedAt;

    Freshness(Feed feed, Notices notices, CacheConfig config, Periodic periodic) {
        this.feed = feed;
        this.notices = notices;
        this.config = config;
        this.periodic = periodic;
    }

    /** Starts the periodic checks. */
    public void start() {
        periodic.task("cache.notices", config.poll(), () -> look(notices.look()))
                .start();
    }

    public boolean isKnown() {
        return uncertainFor().compareTo(config.trust()) <= 0;
    }

    /** Whether the reason is that PostgreSQL does not answer. */
    public boolean isUnavailable() {
        return failed && !isKnown();
    }

    /** How long changes may have been missed. */
    public Duration uncertainFor() {
        var events = feed.uncertainFor();
        var others = notices.uncertainFor();
        return events.compareTo(others) > 0 ? events : others;
    }

    /** Asks PostgreSQL whether something has changed. Completes when it has answered or failed; never fails. */
    public Uni<Void> find() {
        if (failed && System.nanoTime() - failedAt < PAUSE) {
            return Uni.createFrom().voidItem();
        }
        var begun = new CompletableFuture<Void>();
        var already = underWay.compareAndExchange(null, begun);
        if (already == null) {
            look(Uni.join().all(feed.look(), notices.look()).andFailFast().replaceWithVoid())
                    .subscribe()
                    .with(done -> {
                        underWay.set(null);
                        begun.complete(null);
                    });
        }
        var awaited = already == null ? begun : already;
        return Uni.createFrom().completionStage(awaited::copy);
    }

    private Uni<Void> look(Uni<Void> question) {
        long asked = System.nanoTime();
        return question.onItemOrFailure().transformToUni((answered, failure) -> {
            long now = System.nanoTime();
            boolean unavailable = failure != null && now - asked < PAUSED;
            if (unavailable) {
                failedAt = now;
            }
            failed = unavailable;
            return Uni.createFrom().voidItem();
        });
    }
}
