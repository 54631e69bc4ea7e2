package org.pmsevents.pms.outbound;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/** The SQL of the single row that holds the outage of the PMS. */
@ApplicationScoped
public class PmsOutageTable {
    private static final String FAILED = """
            UPDATE pms_outage SET failures = failures + 1, since = CASE WHEN failures + 1 = $1 THEN now() ELSE since END
            RETURNING CASE WHEN failures = $1 THEN since END AS begun
            """;

    private static final String WORKS = """
            UPDATE pms_outage SET failures = 0, since = NULL, last_since = since WHERE failures > 0 RETURNING last_since
            """;

    private static final String IS_ON = "SELECT since IS NOT NULL AS is_on FROM pms_outage";

    private static final String SINCE = "SELECT since FROM pms_outage";

    /** Counts a failure. Returns the begin of the outage to the failure that began it, otherwise empty. */
    Uni<Optional<Instant>> failed(SqlClient client, int outageAfter) {
        return client.preparedQuery(FAILED)
                .execute(Tuple.of((long) outageAfter))
                .map(rows -> time(rows.iterator().next(), "begun"));
    }

    /** Resets the count of failures. Returns the begin of the outage to the call that ended it, otherwise empty. */
    Uni<Optional<Instant>> works(SqlClient client) {
        return client.preparedQuery(WORKS).execute().map(rows -> {
            for (var row : rows) {
                return time(row, "last_since");
            }
            return Optional.empty();
        });
    }

    Uni<Boolean> isOn(SqlClient client) {
        return client.preparedQuery(IS_ON)
                .execute()
                .map(rows -> rows.iterator().next().getBoolean("is_on"));
    }

    /** Returns the begin of the present outage; empty if there is none. */
    Uni<Optional<Instant>> since(SqlClient client) {
        return client.preparedQuery(SINCE)
                .execute()
                .map(rows -> time(rows.iterator().next(), "since"));
    }

    private static Optional<Instant> time(Row row, String column) {
        return Optional.ofNullable(row.getOffsetDateTime(column)).map(OffsetDateTime::toInstant);
    }
}
