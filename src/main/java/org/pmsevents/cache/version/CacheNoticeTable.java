package org.pmsevents.cache.version;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The SQL of notices. */
@ApplicationScoped
public class CacheNoticeTable {
    private static final String INSERT = """
            WITH noticed AS (INSERT INTO cache_notice (tag) SELECT DISTINCT unnest($1::text[]))
            SELECT pg_current_xact_id()::text AS xid
            """;

    /** More than one transaction leaves. */
    private static final int MOST = 20_000;

    /**
     * Notices and {@code below} come from one snapshot: every transaction with an id below its xmin has ended, and is visible if it
     * was committed. Ids that no transaction here has had yet were copied from another cluster, and are left out.
     */
    private static final String SINCE = """
            SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS below, notice.tag, notice.xid::text AS xid
            FROM (VALUES (1)) AS once LEFT JOIN (
              SELECT n.tag, n.xid FROM cache_notice AS n
              WHERE n.xid >= $1::text::xid8 AND n.xid < pg_snapshot_xmax(pg_current_snapshot())
              ORDER BY n.xid LIMIT %d) AS notice ON true
            """.formatted(MOST);

    private static final String FORGET = """
            DELETE FROM cache_notice WHERE id = ANY(ARRAY(
              SELECT id FROM cache_notice WHERE noted_at < now() - $1 * interval '1 second' ORDER BY noted_at LIMIT 50000))
            """;

    /**
     * @param below every transaction with a lower id has ended, and its notices were returned
     * @param more whether there may be more, of that transaction and later ones
     */
    record Found(List<Notice> notices, long below, boolean more) {}

    record Notice(String tag, long xid) {}

    /** Inserts notices; returns the id of the transaction. */
    Uni<Long> insert(SqlClient transaction, Collection<String> tags) {
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.of(tags.toArray(String[]::new)))
                .map(rows -> Long.valueOf(rows.iterator().next().getString("xid")));
    }

    /** Returns the notices of ended transactions with this id or a higher one, in the order of the ids and not more than {@link #MOST}. */
    Uni<Found> since(SqlClient client, long xid) {
        return client.preparedQuery(SINCE).execute(Tuple.of(Long.toString(xid))).map(rows -> {
            var notices = new ArrayList<Notice>();
            long below = 0;
            for (var row : rows) {
                below = Long.parseLong(row.getString("below"));
                var tag = row.getString("tag");
                if (tag != null) {
                    notices.add(new Notice(tag, Long.parseLong(row.getString("xid"))));
                }
            }
            boolean more = notices.size() == MOST;
            return new Found(
                    notices, more ? Math.min(below, notices.get(MOST - 1).xid()) : below, more);
        });
    }

    /** Deletes older notices; returns how many. */
    public Uni<Integer> forget(SqlClient client, Duration age) {
        return client.preparedQuery(FORGET)
                .execute(Tuple.of((double) age.toSeconds()))
                .map(deleted -> deleted.rowCount());
    }
}
