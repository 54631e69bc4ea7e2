package org.pmsevents.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;

@QuarkusTest
class ExportTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** More than the share of exports, which is two of 16 connections. */
    private static final int MORE_THAN_AT_ONCE = 6;

    private final Client editor = Client.editor();
    private final Client keeper = Client.of("stan", "stock");
    private final Client viewer = Client.viewer();
    private final String tag = Client.newSku("tag");

    @TestHTTPResource("/")
    URI server;

    @Inject
    Pool pool;

    private RowSet<Row> sql(String statement) {
        return pool.query(statement).execute().await().atMost(PATIENCE);
    }

    private Response export(String of) {
        var response = viewer.request().get("/api/exports/" + of);
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
        return response;
    }

    private static List<CsvRecord> records(Response response) {
        try (var csv = CsvReader.builder().ofCsvRecord(response.asString())) {
            return csv.stream().toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<JsonNode> lines(Response response) {
        return response.asString().lines().map(Client::json).toList();
    }

    private String create(String sku, String more) {
        editor.create(
                sku,
                "{\"sku\":" + Client.quoted(sku) + ",\"price\":{\"amount\":12.50,\"currency\":\"EUR\"},\"tags\":[\""
                        + tag + "\"]," + more + "}");
        return sku;
    }

    @Test
    void productsAreRecordsThatTheImportTakes() {
        var sku = create(
                Client.newSku("EXP"),
                "\"name\":\"Mug, \\\"large\\\"\",\"description\":\"two\\nlines\",\"attributes\":{\"weight\":1.50,\"a\":[1]}");
        var response = export("products?tag=" + tag);
        assertThat(response.header("Content-Type")).isEqualTo("text/csv;charset=UTF-8;header=present");
        assertThat(response.header("Content-Disposition"))
                .matches("attachment; filename=\"products-[0-9]{8}T[0-9]{6}Z\\.csv\"");
        assertThat(response.header("Cache-Control")).isEqualTo("no-store");
        assertThat(response.header("Feed-Position")).matches("[0-9a-f-]{36}:[0-9]+");
        assertThat(response.asString())
                .isEqualTo("sku,name,description,price,currency,status,tags,attributes\r\n" + sku
                        + ",\"Mug, \"\"large\"\"\",\"two\nlines\",12.50,EUR,draft,\"[\"\"" + tag
                        + "\"\"]\",\"{\"\"weight\"\":1.50,\"\"a\"\":[1]}\"\r\n");
    }

    @Test
    void productsAreLinesThatABatchTakes() {
        var sku = create(Client.newSku("EXP"), "\"name\":\"Mug\",\"attributes\":{\"weight\":1.50}");
        editor.publish(sku);
        var response = export("products?format=ndjson&tag=" + tag);
        assertThat(response.header("Content-Type")).isEqualTo("application/x-ndjson");
        assertThat(response.header("Content-Disposition")).endsWith(".ndjson\"");
        assertThat(response.asString())
                .isEqualTo("{\"sku\":\"" + sku
                        + "\",\"name\":\"Mug\",\"description\":null,\"price\":{\"amount\":12.50,\"currency\":\"EUR\"},"
                        + "\"tags\":[\"" + tag + "\"],\"attributes\":{\"weight\":1.50},\"status\":\"published\"}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"=1+1", "+49", "-5", "@SUM(A1)", "\\t=1", "\\r=1", "'quoted"})
    void noTextBeginsAFormula(String text) {
        create(Client.newSku("EXP"), "\"name\":\"N" + text + "\",\"description\":\"" + text + "\"");
        var record = records(export("products?tag=" + tag)).get(1);
        var plain = text.replace("\\t", "\t").replace("\\r", "\r");
        assertThat(record.getField(1)).isEqualTo("N" + plain);
        assertThat(record.getField(2)).isEqualTo("'" + plain);
    }

    @Test
    void stockIsRecordsWithNumbers() {
        var sku = create("-" + Client.newSku("EXP"), "\"name\":\"Mug\"");
        var location = Client.newSku("yard");
        keeper.request("{\"backorders\":true}").put("/api/locations/" + location);
        keeper.adjust(sku, "{\"delta\":-5,\"reason\":\"sale\",\"location\":\"" + location + "\"}")
                .then()
                .statusCode(200);
        keeper.threshold(sku, "{\"threshold\":3,\"location\":\"" + location + "\"}")
                .then()
                .statusCode(200);
        assertThat(export("inventory?location=" + location).asString())
                .isEqualTo("sku,location,onHand,threshold\r\n'" + sku + "," + location + ",-5,3\r\n");
        assertThat(export("inventory?low=true&format=ndjson&location=" + location)
                        .asString())
                .isEqualTo(
                        "{\"sku\":\"" + sku + "\",\"location\":\"" + location + "\",\"onHand\":-5,\"threshold\":3}\n");
        assertThat(export("inventory?location=" + Client.newSku("nowhere")).asString())
                .isEqualTo("sku,location,onHand,threshold\r\n");
    }

    @Test
    void theFiltersAreThoseOfTheLists() {
        var draft = create(Client.newSku("EXP-A"), "\"name\":\"Blue Lamp\"");
        var published = create(Client.newSku("EXP-B"), "\"name\":\"Red lamp\"");
        editor.publish(published);
        for (var filter : List.of("status=published", "q=LAMP", "q=blue", "q=" + draft, "status=archived", "q=%25")) {
            var listed = new ArrayList<String>();
            Client.json(viewer.request().get("/api/products?tag=" + tag + "&" + filter))
                    .get("items")
                    .forEach(item -> listed.add(item.get("sku").textValue()));
            assertThat(lines(export("products?format=ndjson&tag=" + tag + "&" + filter)))
                    .as(filter)
                    .extracting(line -> line.get("sku").textValue())
                    .isEqualTo(listed);
        }
    }

    @Test
    void whatIsNoFilterIsRefused() {
        for (var wrong :
                List.of("products?format=xml", "products?status=gone", "inventory?low=yes", "products?limit=5")) {
            viewer.isProblem(viewer.request().get("/api/exports/" + wrong), 400, "validation-failed");
        }
        assertThat(viewer.request()
                        .head("/api/exports/products?format=ndjson&status=draft&tag=a&q=b")
                        .header("Content-Type"))
                .isEqualTo("application/x-ndjson");
    }

    /** As many as fill all buffers between the service and a client that does not read. */
    private void fill(int products, int description) {
        sql("""
                WITH made AS (
                  INSERT INTO product (sku, name, description, price_amount, price_currency, tags, attributes, status, version,
                                       created_at, updated_at)
                  SELECT '%1$s-' || to_char(n, 'FM000000'), 'Filler', repeat('x', %3$d), 1, 'EUR', ARRAY['%1$s'], '{}', 'draft', 1,
                         now(), now()
                  FROM generate_series(1, %2$d) AS n RETURNING sku)
                INSERT INTO stock (sku, location) SELECT sku, 'main' FROM made
                """.formatted(tag, products, description));
    }

    private void empty() {
        sql("DELETE FROM stock WHERE sku LIKE '" + tag + "-%'");
        sql("DELETE FROM product WHERE sku LIKE '" + tag + "-%'");
    }

    private long snapshots() {
        return sql("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                        + " AND query LIKE 'FETCH FORWARD%'")
                .iterator()
                .next()
                .getLong(0);
    }

    /** A client that has asked for the filled products and has read the head of the answer only. */
    private Socket asked() throws IOException {
        var socket = new Socket(server.getHost(), server.getPort());
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream()
                .write(("GET /api/exports/products?format=ndjson&tag=" + tag
                                + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + Tokens.of("vera", "viewer")
                                + "\r\nConnection: close\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        assertThat(head).startsWith("HTTP/1.1 200").contains("chunked");
        return socket;
    }

    private static byte[] rest(Socket socket) {
        try (var in = socket.getInputStream()) {
            return in.readAllBytes();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the connection is still open", e);
        } catch (IOException e) {
            return "reset".getBytes(StandardCharsets.US_ASCII);
        }
    }

    @Test
    void fiftyThousandAreSentAPortionAtATime() throws IOException {
        fill(50_000, 500);
        try {
            int read = 0;
            try (var socket = asked()) {
                // what is not read is not taken from the database: the statement stays at a portion between the first
                // and the last
                await("an open snapshot").until(() -> snapshots() == 1);
                assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
                await("the snapshot is still open").until(() -> snapshots() == 1);
            }
            await("no open snapshot").until(() -> snapshots() == 0);
            var skus = new TreeSet<String>();
            for (var line : lines(export("products?format=ndjson&tag=" + tag))) {
                skus.add(line.get("sku").textValue());
                read++;
            }
            assertThat(read).isEqualTo(50_000);
            assertThat(skus).hasSize(50_000);
        } finally {
            empty();
        }
    }

    @Test
    void whoVanishesGivesTheConnectionBack() throws IOException {
        fill(6_000, 5_000);
        try {
            for (int i = 0; i < MORE_THAN_AT_ONCE; i++) {
                asked().close();
            }
            await("no open snapshot").until(() -> snapshots() == 0);
            assertThat(lines(export("products?format=ndjson&tag=" + tag))).hasSize(6_000);
        } finally {
            empty();
        }
    }

    @Test
    void whatIsCutOffDoesNotEndWell() throws IOException {
        fill(6_000, 5_000);
        try (var socket = asked()) {
            await("a snapshot whose session was ended, between two portions")
                    .until(() -> sql("SELECT count(*) FROM (SELECT pid FROM pg_stat_activity"
                                            + " WHERE state LIKE 'idle in transaction%' AND query LIKE 'FETCH FORWARD%') AS open"
                                            + " WHERE pg_terminate_backend(pid)")
                                    .iterator()
                                    .next()
                                    .getLong(0)
                            == 1);
            var rest = new String(rest(socket), StandardCharsets.UTF_8);
            assertThat(rest).isNotEmpty();
            assertThat(rest.substring(Math.max(0, rest.length() - 20))).doesNotEndWith("\r\n0\r\n\r\n");
        } finally {
            empty();
        }
    }

    @Test
    void tooManyAreRefusedAndHoldUpNobody() throws Exception {
        fill(6_000, 5_000);
        var open = new ArrayList<Socket>();
        try {
            for (int i = 0; i < 2; i++) {
                open.add(asked());
            }
            var refused = new ArrayList<CompletableFuture<Response>>();
            for (int i = 0; i < MORE_THAN_AT_ONCE; i++) {
                refused.add(
                        CompletableFuture.supplyAsync(() -> viewer.request().get("/api/exports/products?tag=" + tag)));
            }
            assertThat(viewer.request().get("/api/products?tag=" + tag).statusCode())
                    .isEqualTo(200);
            for (var each : refused) {
                var response = each.get();
                if (response.statusCode() != 200) {
                    viewer.isProblem(response, 503, "too-busy");
                    assertThat(response.header("Retry-After")).isNotNull();
                }
            }
        } finally {
            for (var socket : open) {
                socket.close();
            }
            empty();
        }
    }

    /** Each product is renamed and its stock changed again and again; a file shows all of them as they were at one moment. */
    @Test
    void aFileIsOneSnapshotWhileAllIsChanged() throws Exception {
        fill(2_000, 100);
        sql("UPDATE product SET name = 'round 0' WHERE sku LIKE '" + tag + "-%'");
        var done = new AtomicBoolean();
        var writer = CompletableFuture.runAsync(() -> {
            for (int round = 1; !done.get(); round++) {
                sql("UPDATE product SET name = 'round " + round + "' WHERE sku LIKE '" + tag + "-%'");
            }
        });
        try {
            for (int i : IntStream.range(0, 10).toArray()) {
                var names = lines(export("products?format=ndjson&tag=" + tag)).stream()
                        .map(line -> line.get("name").textValue())
                        .toList();
                assertThat(names).as("export " + i).hasSize(2_000);
                assertThat(Set.copyOf(names)).as("export " + i).hasSize(1);
            }
        } finally {
            done.set(true);
            writer.get();
            empty();
        }
    }

    /** What is in the file has seen the events up to its position: created before, so there; and no later one has come in. */
    @Test
    void theFileHasSeenItsPosition() {
        var sku = Client.newSku("EXP");
        long told = editor.createTold(sku);
        var response = export("inventory?format=ndjson");
        var position = Long.parseLong(response.header("Feed-Position").replaceAll(".*:", ""));
        assertThat(position).isGreaterThanOrEqualTo(told);
        assertThat(lines(response)).anyMatch(line -> line.get("sku").textValue().equals(sku));
    }
}
