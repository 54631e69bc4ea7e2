package org.pmsevents.alert;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.pmsevents.Client;

/** What admins have been told of an alert, and are still to be told. */
@ApplicationScoped
public class Told {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Pool pool;

    Told(Pool pool) {
        this.pool = pool;
    }

    public RowSet<Row> execute(String sql, Object... parameters) {
        return pool.preparedQuery(sql).execute(Tuple.from(parameters)).await().atMost(PATIENCE);
    }

    /** The messages of a key, the oldest first. */
    public List<JsonNode> messages(String key) {
        var messages = new ArrayList<JsonNode>();
        execute(
                        "SELECT payload::text AS payload FROM job WHERE kind = 'admin.alert' AND payload->>'key' = $1 ORDER BY created_at, id",
                        key)
                .forEach(row -> messages.add(Client.json(row.getString("payload"))));
        return messages;
    }

    /** How many alerts of a key have been counted since the database is there, told of or held back. */
    public long counted(String key) {
        long held = 0;
        for (var row : execute("SELECT held_back FROM alert WHERE key = $1", key)) {
            held = row.getLong(0);
        }
        return held
                + messages(key).stream()
                        .mapToLong(message -> message.get("count").longValue())
                        .sum();
    }

    public void endWindow(String key) {
        execute("UPDATE alert SET window_until = now() WHERE key = $1", key);
    }
}
