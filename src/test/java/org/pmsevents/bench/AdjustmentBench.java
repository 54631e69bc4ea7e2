package org.pmsevents.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.http.security.Tokens;

/**
 * Adjustments a second over REST beside what PostgreSQL itself makes of the same change as one statement each, sent by pgbench: in
 * turn, on the same server, both durable, so that only their ratio is looked at.
 */
class AdjustmentBench {
    private static final int CONNECTIONS = 64;
    private static final String PGBENCH_CLIENTS = "32";
    private static final int SKUS = 1_000;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 120));
    private static final Duration ROUND = Duration.ofSeconds(Integer.getInteger("bench.seconds", 12));
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
        try (var servers = new BenchServers()) {
            servers.forLimit(PRODUCTS);
            var script = Files.writeString(folder.resolve("adjust.sql"), ONE_STATEMENT);
            try (var replica = servers.service("bench")) {
                var server = replica.address();
                servers.forService(PRODUCTS);
                var load = new HttpLoad(server, CONNECTIONS, () -> request(server));
                load.run(WARM_UP);
                var rounds = new ArrayList<Round>();
                for (int i = 0; i < ROUNDS; i++) {
                    double limit = servers.pgbench(script, "-c", PGBENCH_CLIENTS, "-T", "" + ROUND.toSeconds());
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

    private static String request(URI server) {
        var body = "{\"delta\":-1,\"reason\":\"sale\"}";
        int sku = ThreadLocalRandom.current().nextInt(1, SKUS + 1);
        return "POST /api/inventory/B" + sku + "/adjustments HTTP/1.1\r\nHost: " + server.getAuthority()
                + "\r\nAuthorization: " + TOKEN + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n" + body;
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
