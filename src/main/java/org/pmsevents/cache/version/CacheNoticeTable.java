package org.pmsevents.cache.version;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The SQL of notices. */
@ApplicationScoped
public class CacheNoticeTable {
    private static final String INSERT = """
            WITH noticed AS (INSERT INTO cache_notice (tag) SELECT DISTINCT unnest($1::text[]))
            SELECT pg_current_xact_id()::text AS xid
            """;

    private static final int MOST = 20_000;

    /**
     * Notices and {@code below} come from one snapshot: every transaction with an id below its xmin has ended, and is visible if it
     * was committed. Ids that no transaction here has had yet were copied from another cluster, and are left out.
     */
    private static final String SINCE = """
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS below, notice.tag, notice.xid::text AS xid, notice.id
            FROM (VALUES (1)) AS once LEFT JOIN (
              SELECT n.tag, n.xid, n.id FROM cache_notice AS n
              WHERE n.xid >= $1::text::xid8 AND n.xid < pg_snapshot_xmax(pg_current_snapshot())
                AND (n.xid > $1::text::xid8 OR n.id > $2)
              ORDER BY n.xid, n.id LIMIT %d) AS notice ON true
            ORDER BY notice.xid, notice.id
            """.formatted(MOST);

    private static final String FORGET = """
            DELETE FROM cache_notice WHERE id = ANY(ARRAY(
              SELECT id FROM cache_notice WHERE noted_at < now() - $1 * interval '1 second' ORDER BY noted_at LIMIT 50000))
            """;

    /**
     * @param below every transaction with a lower id had ended, so its notices are among these or those before
     * @param next where to go on; null if there are no more
     */
    record Found(List<Notice> notices, long below, @Nullable Place next) {}

    /** After a notice, in the order of transactions. */
    record Place(long xid, long id) {
        /** Before the first notice of a transaction. */
        static Place of(long xid) {
            return new Place(xid, 0);
        }
    }

    record Notice(String tag, long xid) {}

    /** Inserts notices; returns the id of the transaction. */
    Uni<Long> insert(SqlClient transaction, Collection<String> tags) {
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.of(tags.toArray(String[]::new)))
                .map(rows -> Long.valueOf(rows.iterator().next().getString("xid")));
    }

    /**
     * Returns the notices of ended transactions after the place, in the order of the ids of transactions, and not more than {@link
     * #MOST}.
     */
    Uni<Found> after(SqlClient client, Place place) {
        return client.preparedQuery(SINCE)
                .execute(Tuple.of(Long.toString(place.xid()), place.id()))
                .map(rows -> {
                    var notices = new ArrayList<Notice>();
                    var last = place;
                    long below = 0;
                    for (var row : rows) {
                        below = Long.parseLong(row.getString("below"));
                        var tag = row.getString("tag");
                        if (tag != null) {
                            long xid = Long.parseLong(row.getString("xid"));
                            notices.add(new Notice(tag, xid));
                            last = new Place(xid, row.getLong("id"));
                        }
                    }
                    return new Found(notices, below, notices.size() == MOST ? last : null);
                });
    }

    /** Deletes older notices; returns how many. */
    public Uni<Integer> forget(SqlClient client, Duration age) {
        return client.preparedQuery(FORGET)
                .execute(Tuple.of((double) age.toSeconds()))
                .map(deleted -> deleted.rowCount());
    }
}
