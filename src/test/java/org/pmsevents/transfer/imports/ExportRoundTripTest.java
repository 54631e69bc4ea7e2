package org.pmsevents.transfer.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Client;
import org.pmsevents.inventory.StockRows;

/** What is exported can be imported again: export, import and export are the same bytes. */
@QuarkusTest
class ExportRoundTripTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int PRODUCTS = 60;
    private static final List<String> PIECES = List.of(
            "=",
            "+",
            "-",
            "@",
            "'",
            "\"",
            ",",
            ";",
            "|",
            "\n",
            "\r\n",
            "\t",
            "\r",
            "[",
            "{",
            "\\",
            "a",
            "B",
            "1",
            " ",
            "é",
            "漢",
            "\uD83D\uDE00",
            "#",
            "/",
            "null",
            "1,5");

    private final Client keeper = Client.of("bo", "editor", "stock");
    private final String mark = Client.newSku("trip");

    @Inject
    Pool pool;

    @Inject
    StockRows rows;

    private static String text(Random random, int most) {
        var text = new StringBuilder();
        for (int i = random.nextInt(most); i >= 0; i--) {
            text.append(PIECES.get(random.nextInt(PIECES.size())));
        }
        return text.toString();
    }

    private ObjectNode product(Random random, int number) {
        var product = JsonNodeFactory.withExactBigDecimals(true).objectNode();
        product.put("sku", (number % 5 == 0 ? "-" : number % 7 == 0 ? "=" : "") + mark + "-" + number);
        product.put("name", text(random, 8) + "x");
        if (random.nextInt(3) > 0) {
            product.put("description", text(random, 30));
        }
        var currency = List.of("EUR", "JPY", "KWD").get(random.nextInt(3));
        int scale = random.nextInt(currency.equals("JPY") ? 1 : currency.equals("EUR") ? 3 : 4);
        product.putObject("price")
                .put("amount", BigDecimal.valueOf(random.nextInt(1_000_000), scale))
                .put("currency", currency);
        product.putArray("tags").add(mark).add("a|b,\"" + random.nextInt(9));
        product.putObject("attributes")
                .put("weight", BigDecimal.valueOf(random.nextInt(1_000), random.nextInt(4)))
                .put("note", text(random, 6))
                .putArray("sizes")
                .add(1)
                .add("=2")
                .addNull();
        return product;
    }

    private void openLocation() {
        assertThat(keeper.request("{\"backorders\":true}")
                        .put("/api/locations/" + mark)
                        .statusCode())
                .isIn(200, 201);
    }

    private void fill(Random random) {
        openLocation();
        for (int i = 0; i < PRODUCTS; i++) {
            var product = product(random, i);
            var sku = product.get("sku").textValue();
            keeper.create(sku, product.toString());
            if (i % 3 == 0) {
                keeper.publish(sku);
            }
            if (i % 11 == 0) {
                assertThat(keeper.archive(sku).statusCode()).isEqualTo(204);
            }
            long onHand = random.nextInt(100) - 20L;
            keeper.count(
                            sku,
                            "{\"onHand\":" + (onHand == 0 ? 1 : onHand) + ",\"reason\":\"count\",\"location\":\"" + mark
                                    + "\"}")
                    .then()
                    .statusCode(200);
            if (random.nextBoolean()) {
                keeper.threshold(sku, "{\"threshold\":" + random.nextInt(50) + ",\"location\":\"" + mark + "\"}")
                        .then()
                        .statusCode(200);
            }
        }
    }

    /** As a service that has never heard of these products. */
    private void empty() {
        for (var table : List.of("stock", "product_history", "pms_sync", "product")) {
            pool.query("DELETE FROM " + table + " WHERE sku LIKE '%" + mark + "-%'")
                    .execute()
                    .await()
                    .atMost(PATIENCE);
        }
        pool.query("DELETE FROM location WHERE location = '" + mark + "'")
                .execute()
                .await()
                .atMost(PATIENCE);
        rows.forget();
    }

    private byte[] export(String of) {
        var answer = keeper.request().get("/api/exports/" + of);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return answer.asByteArray();
    }

    private void send(String kind, byte[] file, String type) {
        var sent = keeper.request().contentType(type).body(file).post("/api/imports?kind=" + kind);
        assertThat(sent.statusCode()).as(sent.asString()).isEqualTo(202);
        var path = "/api/imports/" + Client.json(sent).get("id").asText();
        await("the end of the import")
                .atMost(PATIENCE)
                .until(() -> !Client.json(keeper.request().get(path))
                        .get("finishedAt")
                        .isNull());
        var done = Client.json(keeper.request().get(path));
        var refused = keeper.request().get(path + "/rejected").asString();
        assertThat(done.get("rejected").intValue()).as(kind + ": " + refused).isZero();
        assertThat(done.get("state").textValue()).as(done.toString()).isEqualTo("completed");
    }

    @ParameterizedTest
    @CsvSource({"csv,text/csv", "ndjson,application/x-ndjson"})
    void exportImportAndExportAreTheSameBytes(String format, String type) {
        long seed = Long.getLong("trip.seed", new Random().nextLong());
        fill(new Random(seed));
        var products = export("products?tag=" + mark + "&format=" + format);
        var stock = export("inventory?location=" + mark + "&format=" + format);
        assertThat(new String(stock, StandardCharsets.UTF_8)).contains(mark + "-1");
        empty();
        openLocation();

        send("products", products, type);
        send("counts", stock, type);
        send("thresholds", stock, type);

        assertThat(new String(export("products?tag=" + mark + "&format=" + format), StandardCharsets.UTF_8))
                .as("seed " + seed)
                .isEqualTo(new String(products, StandardCharsets.UTF_8));
        assertThat(new String(export("inventory?location=" + mark + "&format=" + format), StandardCharsets.UTF_8))
                .as("seed " + seed)
                .isEqualTo(new String(stock, StandardCharsets.UTF_8));
    }
}
