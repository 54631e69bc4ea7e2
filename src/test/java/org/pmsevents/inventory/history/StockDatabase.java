package org.pmsevents.inventory.history;

import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.pgclient.PgBuilder;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.PoolOptions;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.pmsevents.dev.OwnServers;

/** A migrated database without a service: one connection as the service has them, and one for looking. */
final class StockDatabase implements AutoCloseable {
    private final OwnServers.Server server = OwnServers.postgres();
    private final String name = "rule_" + UUID.randomUUID().toString().replace("-", "");
    private final Vertx vertx = Vertx.vertx();
    private final Pool pool;
    private final Connection connection;

    StockDatabase() throws SQLException {
        execute("CREATE DATABASE " + name);
        Flyway.configure()
                .dataSource(url(name), OwnServers.postgresUsername(), OwnServers.postgresPassword())
                .load()
                .migrate();
        connection = connect(name);
        pool = new Pool(PgBuilder.pool()
                .with(new PoolOptions().setMaxSize(1))
                .connectingTo(new PgConnectOptions()
                        .setHost(server.address().getHost())
                        .setPort(server.address().getPort())
                        .setDatabase(name)
                        .setUser(OwnServers.postgresUsername())
                        .setPassword(OwnServers.postgresPassword())
                        .setCachePreparedStatements(true)
                        .addProperty("synchronous_commit", "off"))
                .using(vertx)
                .build());
    }

    Pool pool() {
        return pool;
    }

    Connection connection() {
        return connection;
    }

    private void execute(String statement) throws SQLException {
        try (var postgres = connect("postgres");
                var executed = postgres.createStatement()) {
            executed.execute(statement);
        }
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                url(database), OwnServers.postgresUsername(), OwnServers.postgresPassword());
    }

    private String url(String database) {
        return "jdbc:postgresql://" + server.address().getHost() + ":"
                + server.address().getPort() + "/" + database;
    }

    @Override
    public void close() throws IOException, SQLException {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        connection.close();
        execute("DROP DATABASE " + name + " WITH (FORCE)");
        server.close();
    }
}
