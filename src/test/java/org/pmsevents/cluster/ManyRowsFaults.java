package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.StatementPlansIT.Values;
import org.pmsevents.platform.paging.PageRequest;

/** What bounds each query (sizing.md), on tables of 1,000,000 rows: how much it reads, not how long it takes. */
class ManyRowsFaults {
    /** Large tables that no call below may read from one end to the other. */
    private static final String WHOLE = """
            SELECT relname AS name, seq_scan AS number FROM pg_stat_user_tables WHERE seq_scan > 0
              AND relname IN ('product', 'stock', 'stock_movement', 'event', 'job', 'product_history', 'idempotency_key', 'webhook_delivery',
                              'cache_notice', 'unknown_sku')
            """;

    private static final String SCANS =
            "SELECT relname AS name, seq_scan + idx_scan AS number FROM pg_stat_user_tables";

    /** Rows, and entries of indexes. */
    private static final String READ = """
            SELECT t.relname AS name, t.seq_tup_read + sum(i.idx_tup_read) AS number
            FROM pg_stat_user_tables AS t JOIN pg_stat_user_indexes AS i USING (relid) GROUP BY t.relid, t.relname, t.seq_tup_read
            """;

    private static final int SEARCHES = 10;
    private static final int DEEP_PAGES = 100;

    private final Client editor = Client.of("mona", "editor", "stock", "admin");
    private URI service;

    @Test
    void whatIsReadDoesNotGrowWithTheTables() throws Exception {
        // Redis, empty, would be filled with all levels, and that reads all stock.
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_INVENTORY_CHECK_EVERY", "1h"))) {
            cluster.cutRedisOff();
            var migrating = cluster.start(0);
            await().atMost(Duration.ofMinutes(1)).until(migrating::isReady);
            migrating.terminate();
            long begun = System.nanoTime();
            ManyRows.fill(cluster::database);
            System.out.printf("filled in %d s%n", (System.nanoTime() - begun) / 1_000_000_000);

            var soft = new SoftAssertions();
            try (var statements = new Statements(cluster.database())) {
                judge(soft, statements);
            }
            try (var database = cluster.database()) {
                execute(database, "UPDATE stock_check SET begun_at = now(), sku = NULL, location = NULL");
                execute(database, "SELECT pg_stat_reset()");
                var replica = cluster.start(0);
                await().atMost(Duration.ofMinutes(1)).until(replica::isReady);
                service = replica.address();
                long scans = numbers(database, SCANS).getOrDefault("product", 0L);
                searchInVain();
                // an idle connection reports what it has read within 10 s, also what PostgreSQL ended after 3 s
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> numbers(database, SCANS).getOrDefault("product", 0L) >= scans + SEARCHES);
                var searched = numbers(database, READ);
                long searches = numbers(database, WHOLE).getOrDefault("product", 0L);
                readDeepPages();
                readProducts();
                readStock();
                readFeedAndJobs();
                write();
                // its connections report what they have read when they end
                assertThat(replica.terminate()).isEqualTo(143);
                await().until(() -> numbers(database, CONNECTIONS).isEmpty());

                var whole = numbers(database, WHOLE);
                if (whole.getOrDefault("product", 0L) <= searches) {
                    whole.remove("product");
                }
                soft.assertThat(whole).as("tables read as a whole").isEmpty();
                var read = numbers(database, READ);
                System.out.println("rows read by all calls: " + read);
                // a replica that starts reads all 300,000 notices, once more if it finds another epoch, and anew where
                // PostgreSQL did not answer within a second; each of its polls, one a second, would read them all if
                // they were not remembered
                soft.assertThat(read.remove("cache_notice")).isLessThan(1_500_000);
                // the searches read all of them, which the pages must not
                read.computeIfPresent("product", (name, rows) -> rows - searched.getOrDefault(name, 0L));
                soft.assertThat(read.entrySet())
                        .as("rows read by all calls")
                        .allMatch(each -> each.getValue() < 40_000);
            }
            soft.assertAll();
        }
    }

    private static final String CONNECTIONS =
            "SELECT pid::text AS name, 1 AS number FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    + " AND backend_type = 'client backend'";

    /** Pages that one execution may read. The tables have from 3,000 to 40,000. */
    private static void judge(SoftAssertions soft, Statements statements) throws SQLException {
        var pages = new TreeMap<String, Long>();
        within(200, soft, pages, statements, "StockChangeTable.CHANGE", Values.change("P-0123457", "main"));
        within(200, soft, pages, statements, "StockChangeTable.CHANGE_UNLOCKED", Values.change("P-0123457", "main"));
        within(200, soft, pages, statements, "StockSyncTable.JUDGE", Values.count(ManyRows.OFTEN_MOVED, "main"));
        within(100, soft, pages, statements, "StockTable.SET_THRESHOLD", "'P-0123457'", "'main'", "5");
        within(2_000, soft, pages, statements, "StockTable.CORRECT_LOW", "'P-0123457'", "'main'");
        within(2_000, soft, pages, statements, "StockTable.COUNT_LOW");
        within(100, soft, pages, statements, "LedgerTable.FIND", "ARRAY['" + id(500_000) + "'::uuid]");
        within(100, soft, pages, statements, "WorkTable.CLAIM", Values.claim("pms.sync", 16));
        within(100, soft, pages, statements, "WorkTable.EXPIRE");
        within(100, soft, pages, statements, "JobTable.RETRY_SOON", "'pms.sync'");
        within(3_000, soft, pages, statements, "JobTable.RETRY_DISCARDED", "'pms.sync'", "'" + id(0) + "'", "50");
        within(100, soft, pages, statements, "QueueStateTable.OLDEST");
        within(300, soft, pages, statements, "EventTable.STATE", "'{1000000}'", "ARRAY['" + id(1_000_000) + "'::uuid]");
        within(500, soft, pages, statements, "EventTable.READ", "500000", "500", "5000", "'{product.created}'");
        within(500, soft, pages, statements, "EventTable.SEQUENCE", "512");
        within(100, soft, pages, statements, "EventTable.LOWER_LOW_WATERMARK");
        within(100, soft, pages, statements, "IdempotencyTable.FIND", "ARRAY[decode(repeat('1', 64), 'hex')]", "86400");
        // the first of its portions, of 20,000
        within(1_000, soft, pages, statements, "CacheNoticeTable.SINCE", "0");
        within(100, soft, pages, statements, "CacheNoticeTable.WRITERS");
        within(100, soft, pages, statements, "UnknownSkuTable.FIND", "'" + id(7) + "'");
        // 100 rows each, by their key; of the notices none
        within(2_000, soft, pages, statements, "EventTable.PRUNE", "86400", "172800", "100");
        within(2_000, soft, pages, statements, "JobTable.PRUNE", "'{cancelled,discarded}'", "3600", "100");
        within(2_000, soft, pages, statements, "IdempotencyTable.PRUNE", "3600", "100");
        within(2_000, soft, pages, statements, "WebhookTable.PRUNE", "3600", "100");
        within(100, soft, pages, statements, "CacheNoticeTable.FORGET", "86400");
        System.out.println("pages read: " + pages);
    }

    private static String id(int number) {
        return String.format("00000000-0000-0000-0000-%012x", number);
    }

    private static void within(
            long most,
            SoftAssertions soft,
            Map<String, Long> pages,
            Statements statements,
            String name,
            String... values)
            throws SQLException {
        long read = statements.pages(name, values);
        pages.put(name, read);
        soft.assertThat(read).as("pages that %s reads", name).isLessThanOrEqualTo(most);
    }

    /**
     * A connection keeps its plans. One that it has made for searches without a hit would read, for each page, all products before it:
     * PostgreSQL decides after five executions whether to keep one.
     */
    private void searchInVain() {
        for (int i = 0; i < SEARCHES; i++) {
            // too short for the index; on a slow machine PostgreSQL ends it after 3 s
            var answer = editor.request().get(service.resolve("/api/products?limit=100&q=z" + i));
            assertThat(answer.statusCode()).as(answer.asString()).isIn(200, 503);
        }
    }

    private void readDeepPages() {
        for (int i = 1; i <= DEEP_PAGES; i++) {
            var sku = "P-%07d".formatted(300_000 - 1_000 * i);
            var page = get("/api/products?limit=100&after="
                            + new PageRequest("products", 1, null)
                                    .page(List.of(sku, sku), each -> each)
                                    .next())
                    .get("items");
            assertThat(page).hasSize(100);
            assertThat(page.get(0).get("sku").textValue()).isGreaterThan(sku);
        }
    }

    private void readProducts() {
        get("/api/products/P-0123457");
        pages("/api/products?limit=100");
        pages("/api/products?limit=100&status=archived");
        pages("/api/products?limit=100&tag=all");
        pages("/api/products?limit=100&tag=tag-7");
        pages("/api/products?limit=100&status=archived&tag=all");
        pages("/api/products?limit=100&q=lamp%2012345");
        pages("/api/products?limit=100&q=nothing%20has%20it");
        pages("/api/products/" + ManyRows.OFTEN_MOVED + "/history?limit=100");
    }

    private void readStock() {
        get("/api/inventory/P-0123457");
        get("/api/inventory/P-0123457?location=L-2");
        pages("/api/inventory?limit=100");
        pages("/api/inventory?limit=100&location=L-1");
        pages("/api/inventory?limit=100&low=true");
        pages("/api/inventory?limit=100&location=main&low=true");
        pages("/api/inventory/" + ManyRows.OFTEN_MOVED + "/movements?limit=100");
        pages("/api/inventory/" + ManyRows.OFTEN_MOVED + "/movements?limit=100&location=main");
        pages("/api/inventory/" + ManyRows.OFTEN_MOVED + "/movements?limit=100&location=L-1");
    }

    private void readFeedAndJobs() {
        get("/api/events?limit=500&after=500000");
        get("/api/events?limit=500&after=500000&type=product.created");
        get("/api/events?limit=500&after=1000000");
        get("/api/jobs/" + id(500_000));
        pages("/api/jobs?limit=100");
        pages("/api/jobs?limit=100&state=discarded");
        pages("/api/jobs?limit=100&kind=pms.sync");
        pages("/api/jobs?limit=100&kind=pms.sync&state=discarded");
        pages("/api/jobs?limit=100&state=available");
        pages("/api/pms/unknown-skus?limit=100");
        pages("/api/pms/unknown-skus?limit=100&resolved=false");
    }

    private void write() {
        for (int i = 0; i < 10; i++) {
            post("/api/inventory/P-0123457/adjustments", "{\"delta\":-1,\"reason\":\"sale\"}");
        }
        var lines = IntStream.range(1_000, 1_100)
                .mapToObj(n -> "{\"sku\":\"P-000" + n + "\",\"location\":\"L-3\",\"delta\":1,\"reason\":\"delivery\"}")
                .collect(Collectors.joining(","));
        post("/api/inventory/adjustments", "{\"lines\":[" + lines + "]}");
        post("/api/products", Client.product("new"));
        post("/api/products/new/publish", "");
        post("/api/inventory/new/adjustments", "{\"delta\":7,\"reason\":\"delivery\",\"location\":\"L-2\"}");
    }

    private JsonNode get(String path) {
        var answer = editor.request().get(service.resolve(path));
        assertThat(answer.statusCode()).as(path + " " + answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }

    /** The first page, and the one after it. */
    private void pages(String path) {
        var first = get(path);
        if (first.hasNonNull("next")) {
            get(path + "&after=" + first.get("next").asText());
        }
    }

    private void post(String path, String body) {
        var request = body.isEmpty() ? editor.request() : editor.request(body);
        var answer = request.post(service.resolve(path));
        assertThat(answer.statusCode()).as(path + " " + answer.asString()).isBetween(200, 299);
    }

    private static Map<String, Long> numbers(Connection database, String sql) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(sql)) {
            var numbers = new TreeMap<String, Long>();
            while (rows.next()) {
                numbers.put(rows.getString("name"), rows.getLong("number"));
            }
            return numbers;
        }
    }

    private static void execute(Connection database, String sql) throws SQLException {
        try (var statement = database.createStatement()) {
            statement.execute(sql);
        }
    }
}
