package org.pmsevents.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pmsevents.devservices.OwnServers;
import org.pmsevents.security.Tokens;

/** Several replicas of the packaged service on one real PostgreSQL, in a database of their own, and one real Redis behind a proxy. */
public final class Cluster implements AutoCloseable {

    private final OwnServers.Server postgres = OwnServers.postgres();
    private final String database = "cluster_" + UUID.randomUUID().toString().replace("-", "");
    private final List<Replica> replicas = new CopyOnWriteArrayList<>();
    private final Map<String, String> settings;
    private final PostgresProxy postgresProxy = new PostgresProxy(postgres.address());
    private OwnServers.Server redis = OwnServers.redis();
    private final RedisProxy redisProxy = new RedisProxy(redis.address());
    private int started;

    /** @param settings environment variables that differ from the defaults */
    public Cluster(Map<String, String> settings) throws SQLException {
        this.settings = settings;
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
    }

    /** A port for a replica that comes back at the same address, as behind a Kubernetes service; below those that systems give out. */
    public static int freePort() {
        var random = new Random();
        while (true) {
            int port = 20_000 + random.nextInt(10_000);
            try (var probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException e) {
                // taken: try another
            }
        }
    }

    /** Starts a replica on a port, and waits until it listens. */
    public Replica start(int port, String... options) {
        var environment = environment();
        var replica = Replica.start(database.substring(0, 14) + "-" + ++started, port, environment, options);
        replicas.add(replica);
        replica.address();
        return replica;
    }

    /** What a replica is told of the servers. */
    public Map<String, String> environment() {
        var environment = new HashMap<>(settings);
        environment.put(
                "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:" + postgresProxy.port() + "/" + database);
        environment.put("QUARKUS_DATASOURCE_USERNAME", OwnServers.postgresUsername());
        environment.put("QUARKUS_DATASOURCE_PASSWORD", OwnServers.postgresPassword());
        environment.put("QUARKUS_REDIS_HOSTS", "redis://127.0.0.1:" + redisProxy.port());
        if (!settings.containsKey("PMS_EVENTS_JWT_JWKS_URL")) {
            environment.put("PMS_EVENTS_JWT_SECRET", Tokens.SECRET);
        }
        return environment;
    }

    public PostgresProxy postgres() {
        return postgresProxy;
    }

    RedisProxy redis() {
        return redisProxy;
    }

    void stopRedis() throws IOException {
        redis.close();
        redisProxy.cut();
    }

    /** Nobody reaches it; what it holds stays. */
    void cutRedisOff() {
        redisProxy.leadTo(URI.create("redis://127.0.0.1:1"));
    }

    void reconnectRedis() {
        redisProxy.leadTo(redis.address());
    }

    /** A new one, empty, where the old one was. */
    void startEmptyRedis() {
        redis = OwnServers.redis();
        redisProxy.leadTo(redis.address());
    }

    /** The same one, emptied by {@code FLUSHALL}. */
    void emptyRedis() throws IOException {
        try (var socket = new Socket(redis.address().getHost(), redis.address().getPort())) {
            socket.getOutputStream().write("FLUSHALL\r\n".getBytes(StandardCharsets.US_ASCII));
            if (socket.getInputStream().read() != '+') {
                throw new IOException("FLUSHALL failed");
            }
        }
    }

    public Connection database() throws SQLException {
        return connect(database);
    }

    private Connection connect(String name) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:" + url(name), OwnServers.postgresUsername(), OwnServers.postgresPassword());
    }

    private String url(String name) {
        URI server = postgres.address();
        return "postgresql://" + server.getHost() + ":" + server.getPort() + "/" + name;
    }

    @Override
    public void close() throws IOException, SQLException {
        replicas.forEach(Replica::close);
        redisProxy.close();
        redis.close();
        postgresProxy.close();
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("DROP DATABASE " + database + " WITH (FORCE)");
        }
        postgres.close();
    }
}
