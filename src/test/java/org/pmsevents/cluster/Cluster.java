package org.pmsevents.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;

/**
 * Several replicas of the packaged service on one real PostgreSQL, in a database of their own, and one real Redis, both behind
 * proxies; by way of a PgBouncer, or with a Redis Cluster, where the build is told so.
 */
public final class Cluster implements AutoCloseable {
    private final OwnServers.Server postgres = OwnServers.postgres();
    private final String database = "cluster_" + UUID.randomUUID().toString().replace("-", "");
    private final List<Replica> replicas = new CopyOnWriteArrayList<>();
    private final Map<String, String> settings;
    private final PostgresProxy postgresProxy = new PostgresProxy(postgres.forService());
    private final RedisNodes redis;
    private volatile URI server = postgres.address();
    private int started;

    /** @param settings environment variables that differ from the defaults */
    public Cluster(Map<String, String> settings) throws SQLException {
        this(settings, OwnServers.redisIsClustered());
    }

    /** @param redisCluster whether it has a Redis Cluster, whatever the build is told */
    public Cluster(Map<String, String> settings, boolean redisCluster) throws SQLException {
        this.settings = settings;
        this.redis = new RedisNodes(redisCluster);
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

    /** The first two columns of the rows of a query, as texts. */
    Map<String, String> pairs(String query) throws SQLException {
        var pairs = new HashMap<String, String>();
        try (var connection = database();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            while (rows.next()) {
                pairs.put(rows.getString(1), rows.getString(2));
            }
        }
        return pairs;
    }

    /** Copies the database, which no replica may be using. */
    void copyDatabase() throws SQLException {
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            // those that a pooler keeps open for replicas that have ended
            statement.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database + "'");
            statement.execute("CREATE DATABASE " + copy() + " TEMPLATE " + database);
        }
    }

    private String copy() {
        return database + "_copy";
    }

    Connection databaseCopy() throws SQLException {
        return connect(copy());
    }

    /** What a replica on the copy is told of the servers: the Redis is the same. */
    Map<String, String> environmentOfCopy() {
        var environment = environment();
        environment.replaceAll((name, value) -> value.endsWith("/" + database) ? value + "_copy" : value);
        return environment;
    }

    /** Starts a replica on the copy of the database. */
    Replica startOnCopy() {
        var replica = Replica.start(database.substring(0, 14) + "-copy-" + ++started, 0, environmentOfCopy());
        replicas.add(replica);
        replica.address();
        return replica;
    }

    /** Starts a replica on a port, and waits until it listens. */
    public Replica start(int port, String... options) {
        return start(port, environment(), options);
    }

    /** The same for a replica that is told something else of the servers, such as a way of its own to them. */
    public Replica start(int port, Map<String, String> environment, String... options) {
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
        if (!OwnServers.poolerSettings().isEmpty()) {
            environment.put("PMS_EVENTS_MIGRATION_URL", url(database));
        }
        OwnServers.poolerSettings().forEach((setting, value) -> environment.put(variable(setting), value));
        environment.put("QUARKUS_REDIS_HOSTS", redis.hosts());
        if (redis.areClustered()) {
            environment.put("QUARKUS_REDIS_CLIENT_TYPE", "cluster");
        }
        if (!settings.containsKey("PMS_EVENTS_JWT_JWKS_URL") && !settings.containsKey("PMS_EVENTS_OIDC_ISSUER")) {
            environment.put("PMS_EVENTS_JWT_SECRET", Tokens.SECRET);
        }
        return environment;
    }

    public PostgresProxy postgres() {
        return postgresProxy;
    }

    /** From now on the database is on another server: its standby, promoted. */
    public void moveTo(URI server) {
        this.server = server;
        postgresProxy.moveTo(server);
    }

    /** As the variable of the environment that sets it. */
    private static String variable(String setting) {
        return setting.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    RedisNodes redis() {
        return redis;
    }

    public void stopRedis() throws IOException {
        redis.stop();
    }

    /** Nobody reaches it; what it holds stays. */
    public void cutRedisOff() {
        redis.cutOff();
    }

    public void reconnectRedis() {
        redis.reconnect();
    }

    /** A new one, empty, where the old one was. */
    public void startEmptyRedis() {
        redis.startEmpty();
    }

    /** The same one, emptied by {@code FLUSHALL}. */
    public void emptyRedis() {
        redis.empty();
    }

    /** The field of a hash in Redis; empty if there is none. */
    public String redisField(String key, String field) {
        return redis.field(key, field);
    }

    /** Loses one in so many messages of the feed, and lets one in so many overtake the next; 0 for none. */
    public void spoilRedisMessages(int losesOneIn, int swapsOneIn) {
        redis.spoil(losesOneIn, swapsOneIn);
    }

    public Connection database() throws SQLException {
        return connect(database);
    }

    private Connection connect(String name) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:" + url(name), OwnServers.postgresUsername(), OwnServers.postgresPassword());
    }

    private String url(String name) {
        return "postgresql://" + server.getHost() + ":" + server.getPort() + "/" + name;
    }

    @Override
    public void close() throws IOException, SQLException {
        replicas.forEach(Replica::close);
        redis.close();
        postgresProxy.close();
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("DROP DATABASE IF EXISTS " + copy() + " WITH (FORCE)");
            statement.execute("DROP DATABASE " + database + " WITH (FORCE)");
        }
        postgres.close();
    }
}
