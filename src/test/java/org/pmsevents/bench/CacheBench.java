package org.pmsevents.bench;

import static org.pmsevents.Waiting.await;

import java.net.URI;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Replica;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;

/**
 * What reading a product costs a replica, in CPU time a request: found in the process, in Redis, or nowhere but in PostgreSQL; beside an endpoint
 * of the same process that answers a constant of the same length ({@code BareResource}, in the package of {@code -Pbench} only).
 */
class CacheBench {
    private static final int CONNECTIONS = 32;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 60));
    private static final int HOT = 1_000;
    /** Each key is cold once. */
    private static final int COLD = Integer.getInteger("bench.cold", 10_000);

    private static final String TOKEN = Tokens.bearer("bench", "viewer");

    private record Case(String name, double[] cpuMicros, double[] millis) {}

    @Test
    void readsBesideABareEndpoint() throws Exception {
        try (var postgres = OwnServers.embeddedPostgres();
                var redis = OwnServers.redis()) {
            execute(postgres.address(), "postgres", "CREATE DATABASE bench_cache");
            try (var first = service(postgres.address(), redis.address());
                    var second = service(postgres.address(), redis.address())) {
                first.address();
                second.address();
                execute(
                        postgres.address(),
                        "bench_cache",
                        "INSERT INTO product SELECT 'B' || n, 'Bench', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL"
                                + " FROM generate_series(1, " + (HOT + 2 * (ROUNDS + 1) * COLD) + ") AS n");
                await().atMost(Duration.ofSeconds(30)).until(() -> first.isReady() && second.isReady());
                var next = new AtomicInteger(HOT);
                var again = new AtomicInteger(HOT);
                for (var replica : List.of(first, second)) {
                    timed(replica, hot(replica), WARM_UP);
                    timed(replica, path(replica, "/bare/B1", false), WARM_UP.dividedBy(6));
                    timed(replica, path(replica, "/api/bare/B1", true), WARM_UP.dividedBy(6));
                }
                // both ways, so that both are compiled on both
                counted(first, cold(first, next), COLD);
                counted(second, cold(second, again), COLD);
                counted(second, cold(second, next), COLD);
                counted(first, cold(first, again), COLD);
                var bare = new Case("bare endpoint, no token", new double[ROUNDS], new double[ROUNDS]);
                var verified = new Case("bare endpoint, token verified", new double[ROUNDS], new double[ROUNDS]);
                var l1 = new Case("product, in the process", new double[ROUNDS], new double[ROUNDS]);
                var l2 = new Case("product, in Redis", new double[ROUNDS], new double[ROUNDS]);
                var miss = new Case("product, in PostgreSQL", new double[ROUNDS], new double[ROUNDS]);
                var length = Duration.ofSeconds(Integer.getInteger("bench.seconds", 5));
                for (int i = 0; i < ROUNDS; i++) {
                    note(bare, i, timed(first, path(first, "/bare/B1", false), length));
                    note(verified, i, timed(first, path(first, "/api/bare/B1", true), length));
                    note(l1, i, timed(first, hot(first), length));
                    note(miss, i, counted(first, cold(first, next), COLD));
                    note(l2, i, counted(second, cold(second, again), COLD));
                }
                print(List.of(bare, verified, l1, l2, miss));
            }
        }
    }

    private record Measured(double cpuMicros, double medianMillis) {}

    private static Measured timed(Replica replica, Supplier<String> requests, Duration duration) throws Exception {
        return measured(replica, new HttpLoad(replica.address(), CONNECTIONS, requests), duration);
    }

    /** As many requests as there are keys, each of which is cold. */
    private static Measured counted(Replica replica, Supplier<String> requests, int count) throws Exception {
        var left = new AtomicInteger(count);
        var load =
                new HttpLoad(replica.address(), CONNECTIONS, () -> left.getAndDecrement() > 0 ? requests.get() : null);
        return measured(replica, load, Duration.ofMinutes(2));
    }

    private static Measured measured(Replica replica, HttpLoad load, Duration duration) throws Exception {
        var before = replica.cpuTime();
        var result = load.run(duration).allDone();
        var cpu = replica.cpuTime().minus(before);
        return new Measured(cpu.toNanos() / 1e3 / result.sortedNanos().length, result.millis(0.5));
    }

    private static Supplier<String> hot(Replica replica) {
        var server = replica.address();
        return () ->
                request(server, "/api/products/B" + ThreadLocalRandom.current().nextInt(1, HOT + 1), true);
    }

    private static Supplier<String> cold(Replica replica, AtomicInteger last) {
        var server = replica.address();
        return () -> request(server, "/api/products/B" + last.incrementAndGet(), true);
    }

    private static Supplier<String> path(Replica replica, String path, boolean token) {
        var request = request(replica.address(), path, token);
        return () -> request;
    }

    private static String request(URI server, String path, boolean token) {
        return "GET " + path + " HTTP/1.1\r\nHost: " + server.getAuthority()
                + (token ? "\r\nAuthorization: " + TOKEN : "") + "\r\n\r\n";
    }

    private static Replica service(URI postgres, URI redis) {
        return Replica.start(
                "bench-cache",
                0,
                Map.of(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "postgresql://" + postgres.getHost() + ":" + postgres.getPort() + "/bench_cache",
                        "QUARKUS_DATASOURCE_USERNAME",
                        OwnServers.postgresUsername(),
                        "QUARKUS_DATASOURCE_PASSWORD",
                        OwnServers.postgresPassword(),
                        "QUARKUS_REDIS_HOSTS",
                        redis.toString(),
                        "PMS_EVENTS_JWT_SECRET",
                        Tokens.SECRET),
                System.getProperty("bench.options", "-Xmx512m -XX:TieredStopAtLevel=4 -XX:+UseParallelGC")
                        .split(" "));
    }

    private static void execute(URI server, String database, String sql) throws Exception {
        try (var connection = DriverManager.getConnection(
                        "jdbc:postgresql://" + server.getHost() + ":" + server.getPort() + "/" + database,
                        OwnServers.postgresUsername(),
                        OwnServers.postgresPassword());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void note(Case of, int round, Measured measured) {
        of.cpuMicros()[round] = measured.cpuMicros();
        of.millis()[round] = measured.medianMillis();
    }

    private static void print(List<Case> cases) {
        System.out.printf(
                "%n%-32s %15s %8s %8s %8s   (%d connections, %d rounds)%n",
                "", "CPU µs/request", "from", "to", "p50 ms", CONNECTIONS, ROUNDS);
        var lines = new ArrayList<String>();
        for (var each : cases) {
            double[] cpu = Arrays.stream(each.cpuMicros()).sorted().toArray();
            double[] millis = Arrays.stream(each.millis()).sorted().toArray();
            lines.add("%-32s %15.0f %8.0f %8.0f %8.2f"
                    .formatted(
                            each.name(), cpu[cpu.length / 2], cpu[0], cpu[cpu.length - 1], millis[millis.length / 2]));
        }
        lines.forEach(System.out::println);
    }
}
