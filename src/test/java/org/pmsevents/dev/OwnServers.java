package org.pmsevents.dev;

import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The embedded servers for tests that start, stop and replace them by themselves. */
public final class OwnServers {
    private OwnServers() {}

    /** Where a server of a test listens, and how to get rid of it. */
    public interface Server extends AutoCloseable {
        URI address();

        /** What a service is told instead, if there is a pooler before it. */
        default URI forService() {
            return address();
        }

        @Override
        void close() throws IOException;
    }

    /**
     * The PostgreSQL of the environment if it names one, else one that all tests of this process share, each in a database of its
     * own; it ends with the process.
     */
    public static Server postgres() {
        var configured = System.getenv("QUARKUS_DATASOURCE_REACTIVE_URL");
        return configured != null ? started(configured, () -> {}) : Shared.POSTGRES;
    }

    /** A new PostgreSQL of the test's own, whose settings it may change, whatever the environment names. */
    public static Server embeddedPostgres() {
        var server = new EmbeddedPostgresServer(ServerFolder.temporary("postgresql"));
        server.start();
        return new Server() {
            @Override
            public URI address() {
                return URI.create(server.address());
            }

            @Override
            public URI forService() {
                return URI.create(server.getConnectionInfo());
            }

            @Override
            public void close() throws IOException {
                server.close();
            }
        };
    }

    private static final class Shared {
        private static final Server SERVER = embeddedPostgres();

        static final Server POSTGRES = new Server() {
            @Override
            public URI address() {
                return SERVER.address();
            }

            @Override
            public URI forService() {
                return SERVER.forService();
            }

            @Override
            public void close() {
                // the others go on with it
            }
        };
    }

    /** What a service needs to be told of the pooler, if there is one; nothing else. */
    public static Map<String, String> poolerSettings() {
        return PgBouncer.isWanted() ? PgBouncer.SETTINGS : Map.of();
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

    /** Whether the tests run on a Redis Cluster. */
    public static boolean redisIsClustered() {
        return EmbeddedRedisCluster.isWanted();
    }

    /** The nodes of a new, empty Redis Cluster; each of them ends the others with it. */
    public static List<Server> redisCluster() {
        var cluster = new EmbeddedRedisCluster(EmbeddedRedisCluster.folders());
        cluster.start();
        return cluster.addresses().stream()
                .map(node -> started(node.toString(), cluster::close))
                .toList();
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
