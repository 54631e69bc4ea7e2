package org.pmsevents.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
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

    /** Lines a second, and processor time for each line in microseconds: of PostgreSQL, and of the service. */
    private record Measured(double perSecond, double postgres, double service) {}

    private record Round(Measured limit, Measured withEvents, Measured service, HttpLoad.Result load) {
        double ratio() {
            return service.perSecond() / limit.perSecond();
        }
    }

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
                var rounds = new ArrayList<Round>();
                for (int i = 0; i < ROUNDS; i++) {
                    settle(servers);
                    var alone = pgbench(servers, limit);
                    var told = pgbench(servers, withEvents);
                    rounds.add(service(servers, replica, load, alone, told));
                }
                print(rounds);
            }
        }
    }

    private static Measured pgbench(BenchServers servers, Path script) throws Exception {
        var before = servers.postgresCpu();
        long begun = System.nanoTime();
        double perSecond = LINES * servers.pgbench(script, "-c", "" + CONNECTIONS, "-T", "" + ROUND.toSeconds());
        double lines = perSecond * (System.nanoTime() - begun) / 1e9;
        return new Measured(perSecond, micros(before, servers.postgresCpu()) / lines, 0);
    }

    private static Round service(
            BenchServers servers, Replica replica, HttpLoad load, Measured limit, Measured withEvents)
            throws Exception {
        var postgres = servers.postgresCpu();
        var service = replica.cpuTime();
        var result = load.run(ROUND);
        settle(servers);
        assertThat(result.failures()).as("answers other than 200").isZero();
        double lines = (double) LINES * result.sortedNanos().length;
        return new Round(
                limit,
                withEvents,
                new Measured(
                        LINES * result.perSecond(),
                        micros(postgres, servers.postgresCpu()) / lines,
                        micros(service, replica.cpuTime()) / lines),
                result);
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

    private static void print(List<Round> rounds) {
        System.out.printf(
                "%n%d webhooks of %d counts at a time, %d SKUs; CPU in µs/line%nround  pgbench/s  CPU  with events/s "
                        + " CPU  service/s  ratio  CPU: PostgreSQL  service  p50 ms  p99 ms%n",
                CONNECTIONS, LINES, SKUS);
        for (int i = 0; i < rounds.size(); i++) {
            var round = rounds.get(i);
            System.out.printf(
                    "%5d %10.0f %4.0f %14.0f %4.0f %10.0f %6.2f %16.0f %8.0f %7.1f %7.1f%n",
                    i + 1,
                    round.limit().perSecond(),
                    round.limit().postgres(),
                    round.withEvents().perSecond(),
                    round.withEvents().postgres(),
                    round.service().perSecond(),
                    round.ratio(),
                    round.service().postgres(),
                    round.service().service(),
                    round.load().millis(0.5),
                    round.load().millis(0.99));
        }
        print("ratio", rounds, Round::ratio);
        print(
                "ratio to the statement with events",
                rounds,
                each -> each.service().perSecond() / each.withEvents().perSecond());
    }

    private static void print(String name, List<Round> rounds, ToDoubleFunction<Round> value) {
        var values = rounds.stream().mapToDouble(value).sorted().toArray();
        System.out.printf(
                "%s: median %.2f, from %.2f to %.2f%n",
                name, values[values.length / 2], values[0], values[values.length - 1]);
    }
}
