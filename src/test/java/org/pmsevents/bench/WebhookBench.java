package org.pmsevents.bench;

import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.cluster.Replica;
import org.pmsevents.pms.webhook.Signatures;

/**
 * Webhooks of 1,000 counts, two at a time, beside what PostgreSQL itself makes of the same counts as one statement for each thousand
 * (rows and ledger, and the same with events), sent by two clients of pgbench: in turn, on the same server, all durable, so that only
 * their ratio is looked at.
 */
class WebhookBench {
    private static final int CONNECTIONS = 2;
    private static final int SKUS = 10_000;
    private static final int LINES = 1_000;
    private static final int SLICES = SKUS / LINES;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 90));
    private static final Duration ROUND = Duration.ofSeconds(Integer.getInteger("bench.seconds", 12));

    private static final String PRODUCTS = """
            INSERT INTO product SELECT 'B' || n, 'Bench', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL
            FROM generate_series(0, %1$d) AS n;
            INSERT INTO stock (sku, location, on_hand) SELECT 'B' || n, 'main', 1000000 FROM generate_series(0, %1$d) AS n;
            ANALYZE product, stock;
            """.formatted(SKUS - 1);

    /**
     * The counts as a hand-written service would apply them: rows and ledger by one statement. The two clients never count the same SKUs
     * at once; the stock of one webhook lies all over the table, as it does in those to the service.
     */
    private static final String ONE_STATEMENT = """
            \\set slice :client_id * %2$d + random(0, %2$d - 1)
            \\set base random(0, 900000)
            WITH held AS MATERIALIZED (SELECT s.sku, s.location, s.on_hand, s.version, counted.on_hand AS counted FROM (SELECT 'B' || n AS sku, :base::int + n::int AS on_hand FROM generate_series(:slice::int, %3$d, %1$d) AS n) AS counted JOIN stock AS s ON s.sku = counted.sku AND s.location = 'main' ORDER BY s.sku FOR NO KEY UPDATE OF s), written AS (UPDATE stock SET on_hand = held.counted, version = held.version + 1, counted_at = now(), updated_at = now() FROM held WHERE stock.sku = held.sku AND stock.location = held.location)%%s INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, reference, actor, trace_id, moved_at, counted_at) SELECT gen_random_uuid(), gen_random_uuid(), sku, location, counted - on_hand, counted, version + 1, 'sync', 'webhook', 'bench', '0af7651916cd43dd8448eb211c80319c', now(), now() FROM held WHERE counted <> on_hand;
            """.formatted(SLICES, SLICES / CONNECTIONS, SKUS - 1);

    private static final String EVENTS =
            ", told AS (INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload) SELECT"
                    + " gen_random_uuid(), 'inventory.updated', sku, 'bench', '0af7651916cd43dd8448eb211c80319c', now(),"
                    + " json_build_object('sku', sku, 'location', location, 'delta', counted - on_hand, 'onHand', counted,"
                    + " 'version', version + 1, 'reason', 'sync', 'reference', 'webhook') FROM held WHERE counted <>"
                    + " on_hand)";

    @TempDir
    Path folder;

    private final AtomicLong sent = new AtomicLong();

    /** Lines a second, and PostgreSQL's processor time for each line in microseconds. */
    private record Measured(double perSecond, double postgres) {}

    @Test
    void webhooksBesideThePgbenchLimit() throws Exception {
        try (var servers = new BenchServers()) {
            servers.forLimit(PRODUCTS);
            var limit = Files.writeString(folder.resolve("count.sql"), ONE_STATEMENT.formatted(""));
            var withEvents = Files.writeString(folder.resolve("events.sql"), ONE_STATEMENT.formatted(EVENTS));
            try (var replica = servers.service("bench")) {
                var server = replica.address();
                servers.forService(PRODUCTS);
                await().atMost(Duration.ofMinutes(3)).until(replica::isReady);
                var load = new HttpLoad(server, CONNECTIONS, () -> request(server));
                load.run(WARM_UP);
                var comparison = new Comparison(
                        "counts",
                        CONNECTIONS + " webhooks of " + LINES + " counts at a time, " + SKUS
                                + " SKUs; pgbench with rows and ledger as one statement, and the same with events; CPU in µs/line");
                for (int i = 0; i < ROUNDS; i++) {
                    settle(servers);
                    var alone = pgbench(servers, limit);
                    var told = pgbench(servers, withEvents);
                    service(comparison, servers, replica, load, alone, told);
                }
                comparison.report();
            }
        }
    }

    private static Measured pgbench(BenchServers servers, Path script) throws Exception {
        var before = servers.postgresCpu();
        long begun = System.nanoTime();
        double perSecond = LINES * servers.pgbench(script, "-c", "" + CONNECTIONS, "-T", "" + ROUND.toSeconds());
        double lines = perSecond * (System.nanoTime() - begun) / 1e9;
        return new Measured(perSecond, micros(before, servers.postgresCpu()) / lines);
    }

    private static void service(
            Comparison comparison,
            BenchServers servers,
            Replica replica,
            HttpLoad load,
            Measured limit,
            Measured withEvents)
            throws Exception {
        var postgres = servers.postgresCpu();
        var service = replica.cpuTime();
        var result = load.run(ROUND).allDone();
        settle(servers);
        double lines = (double) LINES * result.sortedNanos().length;
        double perSecond = LINES * result.perSecond();
        var more = new LinkedHashMap<String, Double>();
        more.put("limit CPU", limit.postgres());
        more.put("events/s", withEvents.perSecond());
        more.put("events CPU", withEvents.postgres());
        more.put("of events %", 100 * perSecond / withEvents.perSecond());
        more.put("PostgreSQL", micros(postgres, servers.postgresCpu()) / lines);
        more.put("service", micros(service, replica.cpuTime()) / lines);
        more.put("p50 ms", result.millis(0.5));
        more.put("p99 ms", result.millis(0.99));
        comparison.round(limit.perSecond(), perSecond, more);
    }

    /** Until all events have positions and the durable handlers have seen them: that is part of the work. */
    private static void settle(BenchServers servers) throws IOException, SQLException {
        await().atMost(Duration.ofMinutes(5))
                .until(() -> servers.askService("SELECT (SELECT count(*) FROM event WHERE position IS NULL)"
                                + " + (SELECT head FROM feed_head) - (SELECT min(position) FROM handler_cursor)")
                        == 0);
    }

    private static double micros(Duration before, Duration after) {
        return after.minus(before).toNanos() / 1e3;
    }

    /** Counts a slice of all SKUs, which is another one than that of the other connection. */
    private String request(URI server) {
        int slice = (int) (sent.getAndIncrement() % SLICES);
        int base = ThreadLocalRandom.current().nextInt(900_000);
        var body = new StringBuilder("{\"lines\":[");
        for (int n = slice; n < SKUS; n += SLICES) {
            body.append(n == slice ? "" : ",")
                    .append("{\"sku\":\"B")
                    .append(n)
                    .append("\",\"location\":\"main\",\"onHand\":")
                    .append(base + n)
                    .append('}');
        }
        var text = body.append("]}").toString();
        var id = UUID.randomUUID().toString();
        long now = Instant.now().getEpochSecond();
        return "POST /webhooks/pms/stock HTTP/1.1\r\nHost: " + server.getAuthority() + "\r\nwebhook-id: " + id
                + "\r\nwebhook-timestamp: " + now + "\r\nwebhook-signature: " + Signatures.of(id, now, text)
                + "\r\nContent-Type: application/json\r\nContent-Length: " + text.length() + "\r\n\r\n" + text;
    }
}
