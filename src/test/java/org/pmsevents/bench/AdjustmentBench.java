package org.pmsevents.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.cluster.Replica;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;

/**
 * Adjustments a second over REST beside what PostgreSQL itself makes of the same change as one statement each, sent by pgbench: in
 * turn, on the same server, both durable, so that only their ratio is looked at.
 */
class AdjustmentBench {
    private static final int CONNECTIONS = 64;
    private static final int PGBENCH_CLIENTS = 32;
    private static final int SKUS = 1_000;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 120));
    private static final Duration ROUND = Duration.ofSeconds(Integer.getInteger("bench.seconds", 12));
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");
    private static final String TOKEN = Tokens.bearer("bench", "stock");

    private static final String PRODUCTS = """
            INSERT INTO product SELECT 'B' || n, 'Bench', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL
            FROM generate_series(1, %d) AS n;
            INSERT INTO stock (sku, location, on_hand) SELECT 'B' || n, 'main', 1000000 FROM generate_series(1, %d) AS n;
            """.formatted(SKUS, SKUS);

    /** The change as a hand-written service would send it: row, ledger and event in one statement. */
    private static final String ONE_STATEMENT = """
            \\set n random(1, %d)
            WITH changed AS (UPDATE stock SET on_hand = on_hand - 1, version = version + 1, updated_at = now() WHERE sku = 'B' || :n::int AND location = 'main' AND on_hand >= 1 RETURNING sku, location, on_hand, version), moved AS (INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, actor, trace_id, moved_at) SELECT gen_random_uuid(), gen_random_uuid(), sku, location, -1, on_hand, version, 'sale', 'bench', '0af7651916cd43dd8448eb211c80319c', now() FROM changed) INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload) SELECT gen_random_uuid(), 'inventory.updated', sku, 'bench', '0af7651916cd43dd8448eb211c80319c', now(), json_build_object('sku', sku, 'location', location, 'delta', -1, 'onHand', on_hand, 'version', version, 'reason', 'sale', 'reference', NULL) FROM changed;
            """.formatted(SKUS);

    @TempDir
    Path folder;

    private record Round(double limit, HttpLoad.Result load, double cpuMicros) {
        double ratio() {
            return load.perSecond() / limit;
        }
    }

    @Test
    void adjustmentsBesideThePgbenchLimit() throws Exception {
        try (var postgres = OwnServers.embeddedPostgres();
                var redis = OwnServers.redis()) {
            execute(postgres.address(), "postgres", "CREATE DATABASE bench_service");
            execute(postgres.address(), "postgres", "CREATE DATABASE bench_limit");
            execute(postgres.address(), "bench_limit", migrations() + PRODUCTS);
            var script = Files.writeString(folder.resolve("adjust.sql"), ONE_STATEMENT);
            try (var replica = service(postgres.address(), redis.address())) {
                var server = replica.address();
                execute(postgres.address(), "bench_service", PRODUCTS);
                var load = new HttpLoad(server, CONNECTIONS, () -> request(server));
                load.run(WARM_UP);
                var rounds = new ArrayList<Round>();
                for (int i = 0; i < ROUNDS; i++) {
                    double limit = pgbench(postgres.address(), script);
                    var before = replica.cpuTime();
                    var result = load.run(ROUND);
                    var cpu = replica.cpuTime().minus(before);
                    assertThat(result.failures()).as("answers other than 200").isZero();
                    rounds.add(new Round(limit, result, cpu.toNanos() / 1e3 / result.sortedNanos().length));
                }
                print(rounds);
            }
        }
    }

    private static Replica service(URI postgres, URI redis) {
        return Replica.start(
                "bench",
                0,
                Map.of(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "postgresql://" + postgres.getHost() + ":" + postgres.getPort() + "/bench_service",
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

    private static String request(URI server) {
        var body = "{\"delta\":-1,\"reason\":\"sale\"}";
        int sku = ThreadLocalRandom.current().nextInt(1, SKUS + 1);
        return "POST /api/inventory/B" + sku + "/adjustments HTTP/1.1\r\nHost: " + server.getAuthority()
                + "\r\nAuthorization: " + TOKEN + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n" + body;
    }

    private static double pgbench(URI postgres, Path script) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(
                        "pgbench",
                        "-n",
                        "-M",
                        "prepared",
                        "-f",
                        script.toString(),
                        "-c",
                        "" + PGBENCH_CLIENTS,
                        "-j",
                        "2",
                        "-T",
                        "" + ROUND.toSeconds(),
                        "-h",
                        postgres.getHost(),
                        "-p",
                        "" + postgres.getPort(),
                        "-U",
                        OwnServers.postgresUsername(),
                        "bench_limit")
                .redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", OwnServers.postgresPassword());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException("pgbench is needed; Debian has it in postgresql-contrib", e);
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        var tps = TPS.matcher(output);
        assertThat(tps.find()).as(output).isTrue();
        return Double.parseDouble(tps.group(1));
    }

    private static String migrations() throws IOException {
        var all = new StringBuilder();
        var folder = Path.of("src", "main", "resources", "db", "migration");
        try (var files = Files.list(folder)) {
            for (var file :
                    files.sorted(Comparator.comparing(Path::getFileName)).toList()) {
                all.append(Files.readString(file)).append('\n');
            }
        }
        return all.toString();
    }

    private static void execute(URI server, String database, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://" + server.getHost() + ":" + server.getPort() + "/" + database,
                        OwnServers.postgresUsername(),
                        OwnServers.postgresPassword());
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void print(List<Round> rounds) {
        System.out.printf(
                "%nround  pgbench/s  service/s  ratio  CPU µs/request  p50 ms  p99 ms   (%d connections, %d SKUs)%n",
                CONNECTIONS, SKUS);
        for (int i = 0; i < rounds.size(); i++) {
            var round = rounds.get(i);
            System.out.printf(
                    "%5d %10.0f %10.0f %6.2f %15.0f %7.1f %7.1f%n",
                    i + 1,
                    round.limit(),
                    round.load().perSecond(),
                    round.ratio(),
                    round.cpuMicros(),
                    round.load().millis(0.5),
                    round.load().millis(0.99));
        }
        var ratios = rounds.stream().mapToDouble(Round::ratio).sorted().toArray();
        System.out.printf(
                "ratio: median %.2f, from %.2f to %.2f%n",
                ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1]);
    }
}
