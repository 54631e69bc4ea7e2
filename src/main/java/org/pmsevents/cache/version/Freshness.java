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
 * Whether this replica knows what has changed: only then are entries good. Without word from PostgreSQL for a moment, because it is away or
 * because the replica was paused, PostgreSQL is asked before an entry is given, once for all who ask.
 */
@ApplicationScoped
public class Freshness {
    /** After PostgreSQL did not answer, nobody waits for it again this soon. */
    private static final long PAUSE = Duration.ofMillis(500).toNanos();
    /** A question is given up after a second: if that took far longer, it was this replica that was away. */
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

    /** Looks once in a while from now on. */
    public void start() {
        periodic.task("cache.notices", config.poll(), () -> look(notices.look()))
                .start();
    }

    public boolean isKnown() {
        return notKnownFor().compareTo(config.trust()) <= 0;
    }

    /** Whether that is so because PostgreSQL does not answer. */
    public boolean isAway() {
        return failed && !isKnown();
    }

    /** For how long changes may have been missed. */
    public Duration notKnownFor() {
        var events = feed.uncertainFor();
        var others = notices.uncertainFor();
        return events.compareTo(others) > 0 ? events : others;
    }

    /** Asks PostgreSQL whether something has changed; completes, never with a failure, when it has answered or will not. */
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
            boolean away = failure != null && now - asked < PAUSED;
            if (away) {
                failedAt = now;
            }
            failed = away;
            return Uni.createFrom().voidItem();
        });
    }
}
