package org.pmsevents.event.lifecycle;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.pmsevents.platform.json.JsonTime;

/** The SQL that finds transactions which have been open for long, in all databases of the server. */
@ApplicationScoped
class OldTransactionTable {
    private static final String FIND = "SELECT what, since FROM old_transactions($1 * interval '1 second')";

    /** Who has had a transaction open for longer, as texts for the alert; few. */
    Uni<List<String>> find(SqlClient client, Duration longest) {
        return client.preparedQuery(FIND)
                .execute(Tuple.of((double) longest.toSeconds()))
                .map(rows -> {
                    var found = new ArrayList<String>();
                    for (var row : rows) {
                        var since = row.getOffsetDateTime("since");
                        found.add(row.getString("what")
                                + (since == null ? "" : ", since " + JsonTime.text(since.toInstant())));
                    }
                    return found;
                });
    }
}
