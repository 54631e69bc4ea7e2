package org.pmsevents.cache.version;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheTag;

/**
 * Changes without an event. Each leaves a notice in its own transaction. Every replica polls for notices, so that none is missed, whatever
 * the order of commits. A poll begins where all notices are certainly known: at the last number that was given before an earlier poll looked at
 * the transactions that may be inserting, all of which had ended when a later one, or the same, began to read. So a transaction that
 * stays open for long and leaves no notice makes no poll longer.
 */
@ApplicationScoped
public class Notices {
    private static final Duration ANSWER = Duration.ofSeconds(1);

    /** Instead of the number of a notice that was told of by its own change and has not been read. */
    private static final long UNREAD = Long.MAX_VALUE;

    private final CacheNoticeTable table;
    private final Pool pool;
    private final TagVersions tagVersions;
    private long readUpTo;
    private @Nullable Mark mark;
    private long below;
    private int epochs;
    private volatile long certainAt = System.nanoTime() - Duration.ofDays(1).toNanos();

    /** Notices that were handled, and their numbers; a poll will find them again until it begins after them. */
    private final Map<Told, Long> handled = new HashMap<>();

    private record Told(String tag, long xid) {}

    /**
     * The next beginning of a poll, once all of the writers have ended.
     *
     * @param upTo the last number given
     * @param writers who may have been given one up to it; some
     */
    private record Mark(long upTo, Set<String> writers) {}

    /** What a poll begins with. */
    private record Poll(
            long asked, int epoch, long after, @Nullable Mark mark) {}

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
        if (handled.putIfAbsent(new Told(tag.toString(), xid), UNREAD) == null) {
            tagVersions.noticed(tag, xid);
        }
    }

    /** Reads the new notices, portion by portion; fails if PostgreSQL does not answer. */
    Uni<Void> look() {
        return Uni.createFrom().deferred(() -> {
            var poll = begin();
            // before the notices are read, so that what those who have ended meanwhile have left is among them
            return table.given(pool)
                    .ifNoItem()
                    .after(ANSWER)
                    .fail()
                    .chain(given -> read(poll.after(), poll)
                            .chain(first -> readRest(first, poll).invoke(last -> allRead(first.below(), given, poll))))
                    .replaceWithVoid();
        });
    }

    private Uni<CacheNoticeTable.Found> read(long after, Poll poll) {
        return table.after(pool, after).ifNoItem().after(ANSWER).fail().invoke(found -> take(found.notices(), poll));
    }

    private Uni<CacheNoticeTable.Found> readRest(CacheNoticeTable.Found found, Poll poll) {
        return found.isAll()
                ? Uni.createFrom().item(found)
                : read(found.last(), poll).chain(more -> readRest(more, poll));
    }

    /** Another epoch of the feed has begun, perhaps in another cluster, where transactions have other ids. */
    public synchronized void forget() {
        below = 0;
        readUpTo = 0;
        mark = null;
        epochs++;
        handled.clear();
        certainAt = System.nanoTime() - Duration.ofDays(1).toNanos();
    }

    /** How long a notice may have been missed. */
    Duration uncertainFor() {
        return Duration.ofNanos(System.nanoTime() - certainAt);
    }

    /** How many notices will be read again. */
    synchronized int readAgain() {
        return handled.size();
    }

    private synchronized Poll begin() {
        return new Poll(System.nanoTime(), epochs, readUpTo, mark);
    }

    private synchronized void take(Collection<CacheNoticeTable.Notice> notices, Poll poll) {
        if (poll.epoch() != epochs) {
            return;
        }
        for (var notice : notices) {
            if (notice.id() > readUpTo && handled.put(new Told(notice.tag(), notice.xid()), notice.id()) == null) {
                tagVersions.noticed(CacheTag.parse(notice.tag()), notice.xid());
            }
        }
    }

    /**
     * @param ended every transaction with a lower id had ended when the first portion was read
     * @param given looked at before
     */
    private synchronized void allRead(long ended, CacheNoticeTable.Given given, Poll poll) {
        if (poll.epoch() != epochs) {
            return;
        }
        tagVersions.noticedBelow(ended);
        below = Math.max(below, ended);
        // polls overlap; only one that began with the present mark has looked at the writers after it was set
        if (poll.mark() == mark) {
            raise(given);
        }
        handled.entrySet()
                .removeIf(
                        told -> told.getValue() == UNREAD ? told.getKey().xid() < below : told.getValue() <= readUpTo);
        if (poll.asked() - certainAt > 0) {
            certainAt = poll.asked();
        }
    }

    private void raise(CacheNoticeTable.Given given) {
        var earlier = mark;
        if (earlier != null) {
            if (!Collections.disjoint(earlier.writers(), given.writers())) {
                return;
            }
            readUpTo = earlier.upTo();
            mark = null;
        }
        if (given.writers().isEmpty()) {
            readUpTo = Math.max(readUpTo, given.last());
        } else if (given.last() > readUpTo) {
            mark = new Mark(given.last(), given.writers());
        }
    }
}
