package org.pmsevents.cache.version;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
              WHERE n.id > $1 AND n.xid < pg_snapshot_xmax(pg_current_snapshot())
              ORDER BY n.id LIMIT %d) AS notice ON true
            ORDER BY notice.id
            """.formatted(MOST);

    private static final String LAST_GIVEN =
            "SELECT last_value - (NOT is_called)::int AS given FROM cache_notice_id_seq";

    /** An insert takes this lock before it is given an id, and keeps it until its commit can be seen. */
    private static final String WRITERS = """
            SELECT l.virtualtransaction FROM pg_locks AS l
            WHERE l.locktype = 'relation' AND l.relation = 'cache_notice'::regclass AND l.mode = 'RowExclusiveLock'
              AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
            """;

    private static final String FORGET = """
            DELETE FROM cache_notice WHERE id = ANY(ARRAY(
              SELECT id FROM cache_notice WHERE noted_at < now() - $1 * interval '1 second' ORDER BY noted_at LIMIT 50000))
            """;

    /**
     * @param below every transaction with a lower id had ended, so its notices are among these or those before
     * @param last id of the last notice, or where the reading began
     * @param isAll whether there are no more
     */
    record Found(List<Notice> notices, long below, long last, boolean isAll) {}

    /** @param id numbers are given in order, but not committed in order */
    record Notice(String tag, long xid, long id) {}

    /** Inserts notices; returns the id of the transaction. */
    Uni<Long> insert(SqlClient transaction, Collection<String> tags) {
        return transaction
                .preparedQuery(INSERT)
                .execute(Tuple.of(tags.toArray(String[]::new)))
                .map(rows -> Long.valueOf(rows.iterator().next().getString("xid")));
    }

    /** Returns the notices of ended transactions after the one with that id, in the order of ids, and not more than {@link #MOST}. */
    Uni<Found> after(SqlClient client, long id) {
        return client.preparedQuery(SINCE).execute(Tuple.of(id)).map(rows -> {
            var notices = new ArrayList<Notice>();
            long last = id;
            long below = 0;
            for (var row : rows) {
                below = Long.parseLong(row.getString("below"));
                var tag = row.getString("tag");
                if (tag != null) {
                    last = row.getLong("id");
                    notices.add(new Notice(tag, Long.parseLong(row.getString("xid")), last));
                }
            }
            return new Found(notices, below, last, notices.size() < MOST);
        });
    }

    /**
     * The last id that was given.
     *
     * @param writers the transactions that may have been given one up to it, and have not ended
     */
    record Given(long last, Set<String> writers) {}

    Uni<Given> given(SqlClient client) {
        return client.query(LAST_GIVEN + "; " + WRITERS).execute().map(rows -> {
            var writers = new HashSet<String>();
            rows.next().forEach(row -> writers.add(row.getString("virtualtransaction")));
            return new Given(rows.iterator().next().getLong("given"), writers);
        });
    }

    /** Deletes older notices; returns how many. */
    public Uni<Integer> forget(SqlClient client, Duration age) {
        return client.preparedQuery(FORGET)
                .execute(Tuple.of((double) age.toSeconds()))
                .map(deleted -> deleted.rowCount());
    }
}
