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
 * Changes that no event tells of: each leaves a notice in its own transaction, and every replica looks for those whose transaction had not
 * ended for certain when it looked before, so that none is overlooked, whatever the order of commits.
 */
@ApplicationScoped
public class Notices {
    private static final Duration ANSWER = Duration.ofSeconds(1);

    private final CacheNoticeTable table;
    private final Pool pool;
    private final TagVersions tagVersions;
    private long below;
    private volatile long certainAt = System.nanoTime() - Duration.ofDays(1).toNanos();

    /** Those that are told already and will be found again, until all transactions with lower ids have ended. */
    private final Set<CacheNoticeTable.Notice> told = new HashSet<>();

    Notices(CacheNoticeTable table, Pool pool, TagVersions tagVersions) {
        this.table = table;
        this.pool = pool;
        this.tagVersions = tagVersions;
    }

    /** Leaves a notice in the transaction of a change; tells the transaction's id. */
    public Uni<Long> leave(SqlClient transaction, Collection<CacheTag> tags) {
        return table.insert(transaction, tags.stream().map(CacheTag::toString).toList());
    }

    /** The transaction that has left one is committed: this replica was its own, or was told by another. */
    public synchronized void committed(CacheTag tag, long xid) {
        if (told.add(new CacheNoticeTable.Notice(tag.toString(), xid))) {
            tagVersions.noticed(tag, xid);
        }
    }

    /** Looks for those that are new; fails if PostgreSQL does not answer. */
    Uni<Void> look() {
        return Uni.createFrom().deferred(() -> {
            long asked = System.nanoTime();
            return table.since(pool, below())
                    .ifNoItem()
                    .after(ANSWER)
                    .fail()
                    .invoke(found -> take(found, asked))
                    .replaceWithVoid();
        });
    }

    /** For how long one may have been overlooked. */
    Duration uncertainFor() {
        return Duration.ofNanos(System.nanoTime() - certainAt);
    }

    private synchronized long below() {
        return below;
    }

    private synchronized void take(CacheNoticeTable.Found found, long asked) {
        found.notices().forEach(notice -> committed(CacheTag.parse(notice.tag()), notice.xid()));
        tagVersions.noticedBelow(found.below());
        below = Math.max(below, found.below());
        told.removeIf(notice -> notice.xid() < below);
        if (asked - certainAt > 0) {
            certainAt = asked;
        }
    }
}
