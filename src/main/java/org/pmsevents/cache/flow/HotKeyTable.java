package org.pmsevents.cache.flow;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The SQL of the most read keys. The count of a key halves with each half-life. */
@ApplicationScoped
public class HotKeyTable {
    /** The present value of a count. Bounded, because PostgreSQL reports numbers that are too small as an error. */
    private static final String WORTH =
            "%1$s.reads * power(0.5, least(500, extract(epoch FROM now() - %1$s.counted_at)::float8 / $%2$d))";

    /** Rows are locked in one order, so that replicas do not deadlock. */
    private static final String ADD = """
            INSERT INTO cache_entry AS kept (key, reads)
            SELECT key, reads FROM unnest($1::text[], $2::float8[]) AS given (key, reads) ORDER BY key
            ON CONFLICT (key) DO UPDATE SET reads = %s + excluded.reads, counted_at = now()
            """.formatted(WORTH.formatted("kept", 3));

    private static final String HOTTEST =
            "SELECT key FROM cache_entry AS kept ORDER BY " + WORTH.formatted("kept", 1) + " DESC, key LIMIT $2";

    private static final String FORGET = """
            DELETE FROM cache_entry WHERE key IN (
              SELECT key FROM cache_entry AS kept ORDER BY %s DESC, key OFFSET $2)
            """.formatted(WORTH.formatted("kept", 1));

    Uni<Void> add(SqlClient transaction, Collection<HotKeys.Count> counts, Duration halfLife) {
        return transaction
                .preparedQuery(ADD)
                .execute(Tuple.of(
                        counts.stream().map(each -> each.key().toString()).toArray(String[]::new),
                        counts.stream().map(each -> (double) each.reads()).toArray(Double[]::new),
                        seconds(halfLife)))
                .replaceWithVoid();
    }

    Uni<List<String>> hottest(SqlClient client, Duration halfLife, int most) {
        return client.preparedQuery(HOTTEST)
                .execute(Tuple.of(seconds(halfLife), most))
                .map(rows -> {
                    var keys = new ArrayList<String>(rows.size());
                    rows.forEach(row -> keys.add(row.getString("key")));
                    return keys;
                });
    }

    /** Deletes all but the {@code kept} most read keys; returns how many. */
    Uni<Integer> forget(SqlClient client, Duration halfLife, int kept) {
        return client.preparedQuery(FORGET)
                .execute(Tuple.of(seconds(halfLife), kept))
                .map(deleted -> deleted.rowCount());
    }

    private static double seconds(Duration duration) {
        return Math.max(1, duration.toMillis() / 1e3);
    }
}
