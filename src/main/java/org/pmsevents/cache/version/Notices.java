package org.pmsevents.cache.version;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.pmsevents.cache.CacheTag;

/**
 * Changes without an event. Each leaves a notice in its own transaction. Every replica polls for the notices of all transactions
 * that had not certainly ended at its previous poll, so that none is missed, whatever the order of commits.
 */
@ApplicationScoped
public class Notices {
    private static final Duration ANSWER = Duration.ofSeconds(1);

    private final CacheNoticeTable table;
    private final Pool pool;
    private final TagVersions tagVersions;
    private long below;
    private int epochs;
    private volatile long certainAt = System.nanoTime() - Duration.ofDays(1).toNanos();

    /** Notices that were handled and will be found again until all transactions with lower ids have ended. */
    private final Set<CacheNoticeTable.Notice> handled = new HashSet<>();

    Notices(CacheNoticeTable table, Pool pool, TagVersions tagVersions) {
        this.table = table;
        this.pool = pool;
        this.tagVersions = tagVersions;
    }

    /** Leaves a notice in the transaction of a change; returns the id of the transaction. */
    public Uni<Long> leave(SqlClient transaction, Collection<CacheTag> tags) {
        return table.insert(transaction, tags.stream().map(CacheTag::toString).toList());
    }

    /** A transaction that has left a notice was committed, by this replica or another. */
    public synchronized void committed(CacheTag tag, long xid) {
        if (handled.add(new CacheNoticeTable.Notice(tag.toString(), xid))) {
            tagVersions.noticed(tag, xid);
        }
    }

    /** Reads the new notices, portion by portion; fails if PostgreSQL does not answer. */
    Uni<Void> look() {
        return Uni.createFrom().deferred(() -> {
            long asked = System.nanoTime();
            int begun = epochs();
            return read(CacheNoticeTable.Place.of(below()), begun)
                    .call(first -> readRest(first, begun))
                    .invoke(first -> allRead(first.below(), asked, begun))
                    .replaceWithVoid();
        });
    }

    private Uni<CacheNoticeTable.Found> read(CacheNoticeTable.Place place, int begun) {
        return table.after(pool, place).ifNoItem().after(ANSWER).fail().invoke(found -> take(found.notices(), begun));
    }

    private Uni<Void> readRest(CacheNoticeTable.Found found, int begun) {
        var next = found.next();
        return next == null ? Uni.createFrom().voidItem() : read(next, begun).chain(more -> readRest(more, begun));
    }

    /** Another epoch of the feed has begun, perhaps in another cluster, where transactions have other ids. */
    public synchronized void forget() {
        below = 0;
        epochs++;
        handled.clear();
        certainAt = System.nanoTime() - Duration.ofDays(1).toNanos();
    }

    /** How long a notice may have been missed. */
    Duration uncertainFor() {
        return Duration.ofNanos(System.nanoTime() - certainAt);
    }

    private synchronized long below() {
        return below;
    }

    private synchronized int epochs() {
        return epochs;
    }

    private synchronized void take(Collection<CacheNoticeTable.Notice> notices, int begun) {
        if (begun == epochs) {
            notices.forEach(notice -> committed(CacheTag.parse(notice.tag()), notice.xid()));
        }
    }

    /** @param ended every transaction with a lower id had ended when the first portion was read */
    private synchronized void allRead(long ended, long asked, int begun) {
        if (begun != epochs) {
            return;
        }
        tagVersions.noticedBelow(ended);
        below = Math.max(below, ended);
        handled.removeIf(notice -> notice.xid() < below);
        if (asked - certainAt > 0) {
            certainAt = asked;
        }
    }
}
