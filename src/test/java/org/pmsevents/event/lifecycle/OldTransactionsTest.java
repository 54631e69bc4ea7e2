package org.pmsevents.event.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import jakarta.inject.Inject;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;

@QuarkusTest
class OldTransactionsTest {
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(10);

    @Inject
    Pool pool;

    @Inject
    OldTransactionTable table;

    @Inject
    OldTransactions old;

    /** Instead of the job that would send them. */
    private static final class Raised implements Alerts {
        private final List<Alert> alerts = new ArrayList<>();

        @Override
        public void raise(Alert alert) {
            alerts.add(alert);
        }

        @Override
        public Uni<Void> record(SqlClient transaction, Alert alert) {
            raise(alert);
            return Uni.createFrom().voidItem();
        }
    }

    @Test
    void theSessionOfAnOpenTransactionIsNamed() {
        var connection = get(pool.getConnection());
        var transaction = get(connection.begin());
        try {
            var session = get(connection
                            .query("SELECT pg_backend_pid(), pg_current_xact_id()::text, current_database()")
                            .execute())
                    .iterator()
                    .next();
            var name = "session " + session.getInteger(0) + " of ";

            assertThat(get(old.find(Duration.ZERO)))
                    .anySatisfy(each -> assertThat(each)
                            .startsWith(name)
                            .contains("in database " + session.getString(2))
                            .matches(".*, since 20[-0-9]{8}T[0-9:]{8}\\.[0-9]{6}Z"));
            assertThat(get(old.find(LONG))).noneMatch(each -> each.startsWith(name));
        } finally {
            get(transaction.rollback());
            get(connection.close());
        }
    }

    /** On a server of its own: with prepared transactions, a slot, and nobody else's transactions. */
    @Test
    void adminsAreToldOnceOfWhatIsOpenInAnyDatabaseUntilItHasEnded() throws IOException, SQLException {
        try (var server = EmbeddedPostgres.builder()
                        .setServerConfig("listen_addresses", "127.0.0.1")
                        .setServerConfig("unix_socket_directories", "")
                        .setServerConfig("max_prepared_transactions", "2")
                        .setServerConfig("wal_level", "logical")
                        .start();
                var other = server.getDatabase("postgres", "template1").getConnection()) {
            Flyway.configure().dataSource(server.getPostgresDatabase()).load().migrate();
            var vertx = Vertx.vertx();
            var raised = new Raised();
            var here = pool(vertx, server.getPort());
            try {
                var looking = new OldTransactions(table, here, raised);
                execute(other, "CREATE TABLE theirs (n int)");
                other.setAutoCommit(false);
                execute(other, "INSERT INTO theirs VALUES (1)");
                get(looking.lookFor(LONG));
                assertThat(raised.alerts).isEmpty();
                await().until(() -> {
                    get(looking.lookFor(SHORT));
                    return !raised.alerts.isEmpty();
                });
                get(looking.lookFor(SHORT));
                assertThat(raised.alerts).singleElement().satisfies(alert -> {
                    assertThat(alert.key()).isEqualTo("old-transaction");
                    assertThat(alert.detail()).contains("session ", " of postgres", "in database template1");
                });

                execute(other, "PREPARE TRANSACTION 'forgotten'");
                other.setAutoCommit(true);
                await().until(() -> get(table.find(here, SHORT)).stream()
                        .anyMatch(each -> each.startsWith(
                                "prepared transaction forgotten of postgres in database template1, since 20")));
                execute(other, "ROLLBACK PREPARED 'forgotten'");
                get(looking.lookFor(SHORT));

                execute(other, "SELECT pg_create_logical_replication_slot('left', 'test_decoding')");
                get(looking.lookFor(SHORT));
                assertThat(raised.alerts).hasSize(2);
                assertThat(raised.alerts.get(1).detail()).contains("replication slot left, which nobody reads");
            } finally {
                get(here.close());
                vertx.close().toCompletionStage().toCompletableFuture().join();
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Pool pool(Vertx vertx, int port) {
        var options = new PgConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setDatabase("postgres")
                .setUser("postgres")
                .setPassword("postgres");
        return new Pool(PgBuilder.pool().connectingTo(options).using(vertx).build());
    }
}
