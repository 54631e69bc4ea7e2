package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.pms.webhook.Signatures;

/** All that faults befall: servers, networks, replicas, and the clients of these. */
final class Ground implements AutoCloseable {
    static final Duration HEARTBEAT = Duration.ofSeconds(1);
    /** How long a worker's lease on a job lasts; no other lease of a replica is longer. */
    static final Duration LEASE = Duration.ofSeconds(6);
    /** For what comes by itself; no fault has passed if it takes longer. */
    static final Duration RECOVERED = Duration.ofSeconds(60);

    private static final Duration STARTED = Duration.ofMinutes(3);
    private static final int SELLERS = 4;
    private static final int READERS = 2;

    private final Cluster cluster;
    private final Fleet fleet;
    private final Caller caller;
    private final Shop shop;
    private final Load load = new Load();
    private final List<Follower> followers = new ArrayList<>();
    private final List<GoneBack> backs = new ArrayList<>();
    private final List<AutoCloseable> servers = new ArrayList<>();
    private long mended;

    /**
     * The database has gone back.
     *
     * @param snapshot when the state it has gone back to was read at the earliest, by {@link System#nanoTime}
     * @param restored when it was restored for certain
     * @param epoch that has begun by it
     */
    record GoneBack(long snapshot, long restored, String epoch) {}

    /** @param seed of what the clients do; when they do it is not repeated */
    Ground(long seed) throws Exception {
        cluster = new Cluster(
                Map.of(
                        "PMS_EVENTS_DELIVERY_HEARTBEAT", HEARTBEAT.toSeconds() + "s",
                        "PMS_EVENTS_QUEUE_LEASE", LEASE.toSeconds() + "s",
                        "PMS_EVENTS_WEBHOOK_SECRETS", Signatures.SECRET),
                false);
        try {
            fleet = new Fleet(cluster);
            fleet.awaitReady(STARTED);
            caller = new Caller(fleet.addresses());
            shop = new Shop(caller);
            begin(new Random(seed));
        } catch (Exception | AssertionError e) {
            cluster.close();
            throw e;
        }
    }

    private void begin(Random chance) throws Exception {
        for (var member : fleet.members()) {
            followers.add(new Follower("follower of " + member, List.of(member.address()), 0));
        }
        followers.add(new Follower("follower of all", fleet.addresses(), 0));
        shop.open(chance);
        for (int i = 0; i < SELLERS; i++) {
            load.add(shop.seller(i, SELLERS, new Random(chance.nextLong())), Duration.ofMillis(40));
        }
        for (int i = 0; i < READERS; i++) {
            var own = new Random(chance.nextLong());
            load.add(() -> shop.read(own), Duration.ofMillis(30));
        }
        var editor = new Random(chance.nextLong());
        load.add(() -> shop.edit(editor), Duration.ofMillis(100));
        var pms = new Random(chance.nextLong());
        load.add(() -> shop.count(pms), Duration.ofMillis(300));
        var operator = new Random(chance.nextLong());
        load.add(() -> shop.work(operator), Duration.ofMillis(250));
    }

    Cluster cluster() {
        return cluster;
    }

    Fleet fleet() {
        return fleet;
    }

    Caller caller() {
        return caller;
    }

    Shop shop() {
        return shop;
    }

    Load load() {
        return load;
    }

    List<Follower> followers() {
        return List.copyOf(followers);
    }

    /** A connection beside the service's, for which the database is never read-only. */
    Connection database() throws SQLException {
        var connection = cluster.database();
        try (var statement = connection.createStatement()) {
            statement.execute("SET default_transaction_read_only = off");
        }
        return connection;
    }

    void execute(String sql) throws SQLException {
        try (var connection = database();
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Nullable
    String ask(String query) throws SQLException {
        try (var connection = database();
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    long number(String query) throws SQLException {
        return Long.parseLong(String.valueOf(ask(query)));
    }

    String epoch() throws SQLException {
        return String.valueOf(ask("SELECT feed_id FROM feed_head"));
    }

    /** Every connection to the database is cut by PostgreSQL itself. */
    void terminateConnections() throws SQLException {
        try (var own = database()) {
            terminateConnectionsBut(own);
        }
    }

    /** Waits until all but this one are gone. */
    void terminateConnectionsBut(Connection own) throws SQLException {
        try (var statement = own.createStatement()) {
            statement.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'");
        }
    }

    /**
     * Waits for what has to follow when the database has gone back: a new epoch, and an alert that says so.
     *
     * @param epoch the one before
     * @param at PostgreSQL's time before it went back
     */
    void awaitNewEpoch(String epoch, String at, long snapshot, long restored) throws SQLException {
        await("a new epoch").atMost(RECOVERED).until(() -> !epoch().equals(epoch));
        backs.add(new GoneBack(snapshot, restored, epoch()));
        await("an alert says so")
                .atMost(RECOVERED)
                .until(() ->
                        number("SELECT count(*) FROM alert WHERE key = 'feed-epoch' AND last_at >= '" + at + "'") == 1);
    }

    /** To be closed at the end, too. */
    void ends(AutoCloseable server) {
        servers.add(server);
    }

    List<GoneBack> backs() {
        return List.copyOf(backs);
    }

    /** From now on the service has what it needs to be well again. */
    void mended() {
        mended = System.nanoTime();
    }

    /** How long ago that was. */
    Duration sinceMended() {
        return Duration.ofNanos(System.nanoTime() - mended);
    }

    /** What is broken stays so for this long, under load. */
    void holdFor(Duration duration) {
        long until = System.nanoTime() + duration.toNanos();
        await().atMost(duration.plus(RECOVERED)).until(() -> System.nanoTime() >= until);
        load.assertNothingUnexpected();
    }

    /** The same for a number of seconds by chance. */
    void holdFor(Random chance, int leastSeconds, int mostSeconds) {
        holdFor(Duration.ofMillis(chance.nextInt(leastSeconds * 1_000, mostSeconds * 1_000)));
    }

    /** Waits until as many more changes were acknowledged. */
    void awaitAcknowledged(int changes) {
        long until = shop.promises().count() + changes;
        await("clients get answers")
                .atMost(RECOVERED)
                .until(() -> shop.promises().count() >= until);
    }

    /**
     * Waits until every replica is ready and has Redis, has made a change that every subscriber was told of, and answers what is current.
     */
    void awaitWell() throws Exception {
        await("every replica is ready")
                .atMost(RECOVERED)
                .until(() -> fleet.members().stream().allMatch(Fleet.Member::isWell));
        for (var member : fleet.members()) {
            await(member + " makes changes")
                    .atMost(RECOVERED)
                    .until(() -> shop.works(member.address(), ThreadLocalRandom.current()));
        }
        long head = number("SELECT head FROM feed_head");
        await("every subscriber has caught up")
                .atMost(RECOVERED)
                .untilAsserted(() -> assertThat(followers)
                        .allSatisfy(follower -> assertThat(follower.isAt(head))
                                .as("%s is at %s, the head was %s", follower, follower.position(), head)
                                .isTrue()));
    }

    @Override
    public void close() throws Exception {
        load.close();
        followers.forEach(Follower::close);
        try {
            fleet.close();
            cluster.close();
        } finally {
            for (var server : servers) {
                server.close();
            }
        }
    }
}
