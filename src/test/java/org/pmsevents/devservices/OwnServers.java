package org.pmsevents.devservices;

import java.io.IOException;
import java.net.URI;
import java.util.Objects;

/** The embedded servers for tests that start, stop and replace them by themselves. */
public final class OwnServers {
    private OwnServers() {}

    /** Where a server of a test listens, and how to get rid of it. */
    public interface Server extends AutoCloseable {
        URI address();

        @Override
        void close() throws IOException;
    }

    /** The PostgreSQL of the environment if it names one, else one of the test's own. */
    public static Server postgres() {
        var configured = System.getenv("QUARKUS_DATASOURCE_REACTIVE_URL");
        if (configured != null) {
            return started(configured, () -> {});
        }
        return embeddedPostgres();
    }

    /** A new PostgreSQL of the test's own, whose settings it may change, whatever the environment names. */
    public static Server embeddedPostgres() {
        var server = new EmbeddedPostgresServer(ServerFolder.temporary("postgresql"));
        server.start();
        return started(server.getConnectionInfo(), server::close);
    }

    public static String embeddedUsername() {
        return EmbeddedPostgresServer.USERNAME;
    }

    public static String embeddedPassword() {
        return EmbeddedPostgresServer.PASSWORD;
    }

    public static String postgresUsername() {
        return Objects.requireNonNullElse(
                System.getenv("QUARKUS_DATASOURCE_USERNAME"), EmbeddedPostgresServer.USERNAME);
    }

    public static String postgresPassword() {
        return Objects.requireNonNullElse(
                System.getenv("QUARKUS_DATASOURCE_PASSWORD"), EmbeddedPostgresServer.PASSWORD);
    }

    /** A new, empty Redis. */
    public static Server redis() {
        var server = new EmbeddedRedisServer(ServerFolder.temporary("redis"));
        server.start();
        return started(server.getConnectionInfo(), server::close);
    }

    private interface Closing {
        void close() throws IOException;
    }

    private static Server started(String address, Closing closing) {
        return new Server() {
            @Override
            public URI address() {
                return URI.create(address);
            }

            @Override
            public void close() throws IOException {
                closing.close();
            }
        };
    }
}
