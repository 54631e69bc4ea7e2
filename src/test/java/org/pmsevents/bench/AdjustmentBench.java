package org.pmsevents.bench;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
                var comparison = new Comparison(
                        "adjustments", CONNECTIONS + " connections, " + SKUS + " SKUs; pgbench, one statement each");
                for (int i = 0; i < ROUNDS; i++) {
                    double limit = servers.pgbench(script, "-c", PGBENCH_CLIENTS, "-T", "" + ROUND.toSeconds());
                    comparison.round(limit, replica, load, ROUND);
                }
                comparison.report();
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
}
