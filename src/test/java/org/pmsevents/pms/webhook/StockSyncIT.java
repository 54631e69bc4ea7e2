package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.PostgresProxy.Cut;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.http.signature.Webhook;

/** Webhooks on several replicas of the packaged service: as large as they may be, many at once, and when the connection is lost. */
@Tag("native")
class StockSyncIT {
    private static final int LINES = 10_000;
    private static final int SELLERS = 8;
    private static final int REDELIVERIES = 15;
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    private static Cluster cluster;
    private static Connection database;
    private static List<URI> replicas;

    @BeforeAll
    static void startCluster() throws Exception {
        // longer than by default, for machines that have other work, and all others wait for as long
        cluster = new Cluster(Map.of(
                "PMS_EVENTS_WEBHOOK_SECRETS", Signatures.SECRET,
                "PMS_EVENTS_WEBHOOK_HOLD_LIMIT", "9s",
                "PMS_EVENTS_WEBHOOK_LONGEST_WAIT", "30s",
                "PMS_EVENTS_INVENTORY_LONGEST_WAIT", "30s"));
        replicas = List.of(cluster.start(0).address(), cluster.start(0).address());
        database = cluster.database();
    }

    @AfterAll
    static void stopCluster() throws Exception {
        THREADS.shutdownNow();
        database.close();
        cluster.close();
    }

    /** Beside the service: creating ten thousand products is not what is measured here. */
    private static List<String> products(String prefix, int count) throws SQLException {
        try (var statement = database.createStatement()) {
            statement.execute("""
                    INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at)
                    SELECT '%1$s' || n, 'Lamp', 1, 'EUR', '{}', '{}', 'draft', 1, now(), now() FROM generate_series(1, %2$d) AS n;
                    INSERT INTO stock (sku, location) SELECT '%1$s' || n, 'main' FROM generate_series(1, %2$d) AS n
                    """.formatted(prefix, count));
        }
        return IntStream.rangeClosed(1, count).mapToObj(n -> prefix + n).toList();
    }

    private static long number(String sql) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static HttpResponse<String> deliver(URI replica, String id, String body) {
        long now = Clock.systemUTC().instant().getEpochSecond();
        return send(HttpRequest.newBuilder(replica.resolve(PmsSender.PATH))
                .header("Content-Type", "application/json")
                .header(Webhook.ID, id)
                .header(Webhook.TIME, Long.toString(now))
                .header(Webhook.SIGNATURE, Signatures.of(id, now, body))
                .POST(BodyPublishers.ofString(body)));
    }

    private static HttpResponse<String> adjust(URI replica, String sku, long delta) {
        return send(HttpRequest.newBuilder(replica.resolve("/api/inventory/" + sku + "/adjustments"))
                .header("Content-Type", "application/json")
                .header("Authorization", Tokens.bearer("stan", "stock"))
                .POST(BodyPublishers.ofString("{\"delta\":" + delta + ",\"reason\":\"sale\"}")));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String counts(List<String> skus, long onHand) {
        return PmsSender.body(
                skus.stream().map(sku -> PmsSender.line(sku, onHand, null)).collect(Collectors.joining(",")));
    }

    /** Delivers it again while there is no time for it, as a PMS does on a machine that has other work. */
    private static HttpResponse<String> deliverUntilTaken(URI replica, String id, String body) {
        var answer = deliver(replica, id, body);
        for (int again = 0; again < REDELIVERIES && answer.statusCode() == 503; again++) {
            answer = deliver(replica, id, body);
        }
        return answer;
    }

    private static JsonNode deliverAll(URI replica, String body) {
        return report(deliverUntilTaken(replica, PmsSender.newId(), body));
    }

    private static JsonNode report(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Client.json(answer.body());
    }

    @Test
    void tenThousandLinesHoldNobodyUpForLong() throws Exception {
        var skus = new ArrayList<>(products("BIG", LINES));
        Collections.shuffle(skus);
        assertThat(deliverAll(replicas.get(0), counts(skus, 500)).get("applied").intValue())
                .isEqualTo(LINES);
        var done = new AtomicBoolean();
        var longest = new AtomicLong();
        var sold = new AtomicLong();
        var sellers = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < SELLERS; i++) {
            int seller = i;
            sellers.add(CompletableFuture.runAsync(
                    () -> {
                        for (int n = seller; !done.get(); n += SELLERS) {
                            long begun = System.nanoTime();
                            var answer = adjust(replicas.get(n % 2), skus.get(n % 1_000), -1);
                            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                            longest.accumulateAndGet(System.nanoTime() - begun, Math::max);
                            sold.incrementAndGet();
                        }
                    },
                    THREADS));
        }
        var told = new StringBuilder();
        for (int round = 1; round <= 3; round++) {
            long begun = System.nanoTime();
            var report = deliverAll(replicas.get(round % 2), counts(skus, 500 + round));
            told.append(String.format(
                    " round %d: answered after %d ms",
                    round, Duration.ofNanos(System.nanoTime() - begun).toMillis()));
            assertThat(report.get("applied").intValue()
                            + report.get("unchanged").intValue())
                    .isEqualTo(LINES);
        }
        done.set(true);
        for (var seller : sellers) {
            seller.get(60, TimeUnit.SECONDS);
        }
        System.out.printf(
                "10,000 lines, while %d adjustments of the same SKUs were made, the longest of %d ms:%s; %s%n",
                sold.get(), Duration.ofNanos(longest.get()).toMillis(), told, "held for up to " + held() + " ms");
        assertThat(Duration.ofNanos(longest.get())).isLessThan(Duration.ofMillis(2 * held() + 3_000));
        assertThat(number("SELECT count(*) FROM stock WHERE sku LIKE 'BIG%' AND on_hand <> "
                        + "(SELECT sum(delta) FROM stock_movement AS m WHERE m.sku = stock.sku)"))
                .isZero();
    }

    /** From PostgreSQL: the transaction began when it took the webhook, and the last movement was written near its end. */
    private static long held() throws SQLException {
        return number("""
                SELECT round(max(ms)) FROM (
                  SELECT extract(epoch FROM max(m.moved_at) - d.received_at) * 1000 AS ms
                  FROM webhook_delivery AS d JOIN stock_movement AS m ON m.reference = d.webhook_id
                  GROUP BY d.webhook_id, d.received_at HAVING count(*) > 5000) AS each
                """);
    }

    /** Each count looks at what has moved at its own place since, not at what has moved of its SKU at all places. */
    @Test
    void countsOfFewProductsAtManyLocationsReadTheirOwnMovementsOnly() throws Exception {
        int skus = 20;
        int locations = LINES / skus;
        var counted = Clock.systemUTC().instant().minus(Duration.ofMinutes(5));
        moveAtManyLocations(products("FEW", skus), locations);
        long before = number(LEDGER_READ);
        var lines = IntStream.range(0, LINES)
                .mapToObj(n -> "{\"sku\":\"FEW%d\",\"location\":\"SHELF-%d\",\"onHand\":10,\"countedAt\":\"%s\"}"
                        .formatted(1 + n % skus, 1 + n / skus, counted))
                .toArray(String[]::new);

        assertThat(deliverAll(replicas.get(0), PmsSender.body(lines))
                        .get("applied")
                        .intValue())
                .isEqualTo(LINES);
        assertThat(number("SELECT count(*) FROM stock WHERE sku LIKE 'FEW%' AND location LIKE 'SHELF-%' AND"
                        + " on_hand = 14"))
                .isEqualTo(LINES);
        // a connection reports what it has read with what it has written, some seconds later
        await().atMost(TIMEOUT)
                .until(() -> number("SELECT n_tup_ins - (SELECT count(*) FROM stock_movement) FROM pg_stat_user_tables"
                                + " WHERE relname = 'stock_movement'")
                        >= 0);
        assertThat(number(LEDGER_READ) - before)
                .as("movements that were read: 4 of each place, twice; all those of a SKU would be %d", 2_000L * LINES)
                .isLessThan(40L * LINES);
    }

    /** Entries of indexes, and rows of the table as a whole. */
    private static final String LEDGER_READ = """
            SELECT t.seq_tup_read + sum(i.idx_tup_read) FROM pg_stat_user_tables AS t JOIN pg_stat_user_indexes AS i USING (relid)
            WHERE t.relname = 'stock_movement' GROUP BY t.seq_tup_read
            """;

    /** Four movements at each location, of four minutes ago. */
    private static void moveAtManyLocations(List<String> skus, int locations) throws SQLException {
        try (var statement = database.createStatement()) {
            statement.execute("""
                    INSERT INTO location (location) SELECT 'SHELF-' || n FROM generate_series(1, %1$d) AS n;
                    INSERT INTO stock (sku, location, on_hand, version)
                    SELECT sku, 'SHELF-' || n, 4, 5 FROM unnest(ARRAY['%2$s']) AS sku, generate_series(1, %1$d) AS n;
                    INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, actor, trace_id, moved_at)
                    SELECT gen_random_uuid(), gen_random_uuid(), sku, 'SHELF-' || n, 1, k, 1 + k, 'sale', 'test', 'test', now() - interval '4 minutes'
                    FROM generate_series(1, 4) AS k, generate_series(1, %1$d) AS n, unnest(ARRAY['%2$s']) AS sku ORDER BY k
                    """.formatted(locations, String.join("','", skus)));
        }
    }

    @Test
    void manyDeliveriesAtSeveralReplicasApplyItOnce() throws Exception {
        var skus = products("MANY", 50);
        var body = counts(skus, 7);
        var id = PmsSender.newId();
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 20; i++) {
            var replica = replicas.get(i % 2);
            answers.add(CompletableFuture.supplyAsync(() -> deliverUntilTaken(replica, id, body), THREADS));
        }
        for (var answer : answers) {
            var report = answer.get(120, TimeUnit.SECONDS);
            assertThat(report.statusCode()).as(report.body()).isEqualTo(200);
            assertThat(report.body()).isEqualTo("{\"applied\":50,\"unchanged\":0,\"stale\":0,\"rejected\":[]}");
        }
        assertThat(number("SELECT count(*) FROM stock_movement WHERE sku LIKE 'MANY%'"))
                .isEqualTo(50);
        assertThat(number("SELECT count(*) FROM event WHERE type = 'inventory.synced' AND subject = '" + id + "'"))
                .isEqualTo(1);
    }

    @Test
    void differentWebhooksAboutTheSameStockDoNotBlockEachOther() throws Exception {
        var skus = new ArrayList<>(products("SAME", 200));
        var bodies = new ArrayList<String>();
        for (int i = 0; i < 12; i++) {
            Collections.shuffle(skus);
            bodies.add(counts(skus, i)
                    .replace(
                            "]}",
                            ",{\"sku\":\"SAME-UNKNOWN-A\",\"onHand\":1},{\"sku\":\"SAME-UNKNOWN-B\",\"onHand\":1}]}"));
        }
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < bodies.size(); i++) {
            var replica = replicas.get(i % 2);
            var body = bodies.get(i);
            var id = PmsSender.newId();
            answers.add(CompletableFuture.supplyAsync(() -> deliverUntilTaken(replica, id, body), THREADS));
        }
        for (var answer : answers) {
            assertThat(report(answer.get(120, TimeUnit.SECONDS)).get("rejected").size())
                    .isEqualTo(2);
        }
        assertThat(number("SELECT sum(times) FROM unknown_sku WHERE sku LIKE 'SAME%' AND resolved_at IS NULL"))
                .isEqualTo(24);
        assertThat(number("SELECT count(DISTINCT on_hand) FROM stock WHERE sku LIKE 'SAME%'"))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = Cut.class,
            names = {"BEFORE", "BUSY", "UNANSWERED", "HALF_ANSWERED", "AT_COMMIT"})
    void whateverIsLostTheAnswerIsTrueAndTheNextDeliveryToo(Cut cut) throws Exception {
        var sku = products("CUT" + cut.ordinal() + "x", 1).get(0);
        var id = PmsSender.newId();
        var body = counts(List.of(sku), 5);
        cluster.postgres().cutAt(cut, "\"webhookId\":\"" + id);
        var answer = deliver(replicas.get(0), id, body);
        assertThat(cluster.postgres().isWaitingToCut()).isFalse();
        assertThat(answer.statusCode()).as(answer.body()).isIn(200, 503);
        if (answer.statusCode() == 200) {
            assertThat(number("SELECT on_hand FROM stock WHERE sku = '" + sku + "'"))
                    .isEqualTo(5);
        } else {
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        }
        var again = report(deliver(replicas.get(1), id, body));
        assertThat(again.get("applied").intValue()).isEqualTo(1);
        assertThat(number("SELECT count(*) FROM stock_movement WHERE sku = '" + sku + "'"))
                .isEqualTo(1);
        assertThat(number("SELECT count(*) FROM webhook_delivery WHERE webhook_id = '" + id + "'"))
                .isEqualTo(1);
    }
}
