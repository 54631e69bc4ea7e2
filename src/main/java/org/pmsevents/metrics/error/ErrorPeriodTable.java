package org.pmsevents.metrics.error;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;

/** The SQL of the one row with the begin and the end of the last period in which a replica had too many errors. */
@ApplicationScoped
public class ErrorPeriodTable {
    /** A transaction that waits for the row sees its new state: of several replicas one begins the period. */
    private static final String BEGIN = """
            UPDATE error_period SET since = now(), seen_at = now() WHERE seen_at < now() - $1 * interval '1 millisecond'
            """;

    private static final String GO_ON = "UPDATE error_period SET seen_at = greatest(seen_at, now())";

    /** Records that there are too many errors. Returns whether that begins a period, because no replica had any for a while. */
    Uni<Boolean> high(SqlClient transaction, Duration apart) {
        return transaction
                .preparedQuery(BEGIN)
                .execute(Tuple.of((double) apart.toMillis()))
                .chain(begun -> begun.rowCount() > 0
                        ? Uni.createFrom().item(true)
                        : transaction.preparedQuery(GO_ON).execute().replaceWith(false));
    }
}
