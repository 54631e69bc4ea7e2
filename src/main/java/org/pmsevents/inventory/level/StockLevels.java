package org.pmsevents.inventory.level;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.inventory.Stock;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.inventory.level.StockLevelGateway.Lease;
import org.pmsevents.platform.database.Transactions;

/**
 * Keeps the stock levels in Redis up to date. Each change writes its levels after its commit. The handler of the feed writes levels that
 * were missed. One replica writes all stock in an endless loop, page by page, to restore levels that Redis has lost. If Redis was
 * emptied, or a new epoch of the feed has begun, it writes all pages at once. A copy of the database does not write levels while
 * its original does.
 */
@ApplicationScoped
public class StockLevels {
    private static final Logger LOG = Logger.getLogger(StockLevels.class);
    private static final int PAGE = 200;
    private static final int AT_ONCE = 50;
    private static final int REMEMBERED = 10_000;
    /** Of the replica that writes the pages; renewed with each. */
    private static final Duration LEASE = Duration.ofSeconds(20);
    /** How long another database may not write levels after all replicas of this one have crashed, or can't reach Redis. */
    private static final Duration CLAIM = Duration.ofMinutes(5);
    /** The same after they have stopped: as long as a replica that goes on needs to renew the claim. */
    private static final Duration HAND_OVER = Duration.ofSeconds(15);

    private final StockLevelGateway redis;
    private final StockTable stock;
    private final Transactions transactions;
    private final Feed feed;
    private final String replica = UUID.randomUUID().toString();

    /** The last stock of the page before; null at the beginning of a round. */
    private volatile @Nullable StockKey lastOfPage;

    private volatile boolean restoring;

    /** The feed for which {@link #owns} was found out last. */
    private volatile String claimedFor = "";

    private volatile boolean owns;

    private Map<StockKey, StockLevel> gathered = new LinkedHashMap<>();
    private CompletableFuture<Void> gathering = new CompletableFuture<>();
    private boolean flushing;

    /** The versions that this replica has written to Redis, so that the handler does not write them a second time. */
    private final Cache<StockKey, Long> written = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            .executor(Runnable::run)
            .build();

    StockLevels(StockLevelGateway redis, StockTable stock, Transactions transactions, Feed feed) {
        this.feed = feed;
        this.redis = redis;
        this.stock = stock;
        this.transactions = transactions;
    }

    /** As {@link #write}, but batched: levels that arrive during a write are written together by the next one. */
    public Uni<Void> writeSoon(Collection<StockLevel> levels) {
        if (levels.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Uni.createFrom().completionStage(() -> {
            var wanted = gather(levels);
            if (begin()) {
                flush();
            }
            return wanted.copy();
        });
    }

    private synchronized CompletableFuture<Void> gather(Collection<StockLevel> levels) {
        levels.forEach(level -> gathered.merge(level.key(), level, StockLevel::newest));
        return gathering;
    }

    private synchronized boolean begin() {
        boolean begun = !flushing && !gathered.isEmpty();
        flushing |= begun;
        return begun;
    }

    private synchronized void end() {
        flushing = false;
    }

    private void flush() {
        Collection<StockLevel> levels;
        CompletableFuture<Void> waiting;
        synchronized (this) {
            levels = gathered.values();
            waiting = gathering;
            gathered = new LinkedHashMap<>();
            gathering = new CompletableFuture<>();
        }
        write(levels)
                .subscribe()
                .with(
                        done -> flushed(() -> waiting.complete(null)),
                        failure -> flushed(() -> waiting.completeExceptionally(failure)));
    }

    private void flushed(Runnable complete) {
        end();
        if (begin()) {
            flush();
        }
        complete.run();
    }

    /** Writes the newest level of each stock, unless this replica has written it already; fails if Redis refuses it or is unavailable. */
    public Uni<Void> write(Collection<StockLevel> levels) {
        Map<StockKey, StockLevel> newest = new LinkedHashMap<>();
        levels.forEach(level -> newest.merge(level.key(), level, StockLevel::newest));
        newest.values().removeIf(this::isWritten);
        return writeAll(new ArrayList<>(newest.values()));
    }

    /** Writes the next page of the round, or all pages if Redis was emptied. Does nothing if another replica holds the lease. */
    public Uni<Void> goRound() {
        return lead().chain(lease -> lease == Lease.ANOTHERS ? Uni.createFrom().voidItem() : writeNext());
    }

    /**
     * Renews the claim of this feed and the lease of this replica. Unless that was held all the time, Redis may have been emptied since
     * this replica wrote a page: then all pages are written anew.
     */
    private Uni<Lease> lead() {
        return claim().chain(claimed -> claimed
                        ? redis.lead(replica, feed.id(), LEASE)
                        : Uni.createFrom().item(Lease.ANOTHERS))
                .onItemOrFailure()
                .invoke((lease, failure) -> restoring &= lease == Lease.RENEWED);
    }

    /** When this replica stops. Best effort: without it the claim ends later. */
    public Uni<Void> handOver() {
        return owns
                ? redis.handOver(replica, claimedFor, HAND_OVER).onFailure().recoverWithNull()
                : Uni.createFrom().voidItem();
    }

    /** Another epoch of the feed has begun: versions may be lower than those that were written. */
    public void forget() {
        claimedFor = "";
        written.invalidateAll();
    }

    /** Whether this feed writes the levels. False before the feed is joined: the handler writes them later. */
    private Uni<Boolean> claim() {
        var feedId = feed.id();
        return feedId.isEmpty()
                ? Uni.createFrom().item(false)
                : redis.claim(feedId, feed.previousId(), CLAIM).invoke(claimed -> {
                    if (!claimed && (owns || !claimedFor.equals(feedId))) {
                        LOG.warn("the stock levels in Redis are those of another database with the same"
                                + " PMS_EVENTS_REDIS_PREFIX; this one writes none");
                    }
                    owns = claimed;
                    claimedFor = feedId;
                });
    }

    private Uni<Boolean> mayWrite() {
        return !claimedFor.isEmpty() && claimedFor.equals(feed.id())
                ? Uni.createFrom().item(owns)
                : claim();
    }

    private Uni<Void> writeNext() {
        return redis.isComplete(feed.id()).chain(complete -> {
            if (complete) {
                restoring = false;
                return writePage().replaceWithVoid();
            }
            return restore();
        });
    }

    private Uni<Void> restore() {
        if (!restoring) {
            LOG.info("the stock levels in Redis are incomplete: writing all of them");
            restoring = true;
            lastOfPage = null;
            written.invalidateAll();
        }
        return Uni.createFrom()
                .deferred(this::leadAndWritePage)
                .repeat()
                .whilst(more -> more)
                .collect()
                .last()
                .chain(() -> redis.complete(replica, feed.id()));
    }

    private Uni<Boolean> leadAndWritePage() {
        return lead().chain(lease -> lease == Lease.RENEWED
                ? writePage()
                : Uni.createFrom().failure(new IllegalStateException("the lease on the stock levels has been lost")));
    }

    /** Writes a page, including levels that this replica has written before: Redis may have lost them. Returns whether there are more. */
    private Uni<Boolean> writePage() {
        return Uni.createFrom()
                .deferred(() -> transactions.read(client -> stock.list(client, lastOfPage, null, false, PAGE)))
                .call(page -> writeAll(page.stream().map(StockLevels::level).toList()))
                .map(page -> {
                    boolean more = page.size() == PAGE;
                    lastOfPage = more ? page.get(PAGE - 1).key() : null;
                    return more;
                });
    }

    private Uni<Void> writeAll(List<StockLevel> levels) {
        return levels.isEmpty()
                ? Uni.createFrom().voidItem()
                : mayWrite()
                        .chain(may -> may
                                ? writeAll(feed.id(), levels)
                                : Uni.createFrom().voidItem());
    }

    private Uni<Void> writeAll(String feedId, List<StockLevel> levels) {
        return Multi.createFrom()
                .iterable(levels)
                .group()
                .intoLists()
                .of(AT_ONCE)
                .onItem()
                .transformToUniAndConcatenate(some -> redis.write(feedId, some).invoke(() -> remember(feedId, some)))
                .collect()
                .last();
    }

    private static StockLevel level(Stock stock) {
        return new StockLevel(stock.key(), stock.onHand(), stock.version());
    }

    private boolean isWritten(StockLevel level) {
        var version = written.getIfPresent(level.key());
        return version != null && version >= level.version();
    }

    private void remember(String feedId, List<StockLevel> levels) {
        if (feedId.equals(feed.id())) {
            levels.forEach(level -> written.asMap().merge(level.key(), level.version(), Math::max));
        }
    }
}
