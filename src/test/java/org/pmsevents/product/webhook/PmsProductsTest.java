package org.pmsevents.product.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.pms.webhook.Signatures;

/** Products of the PMS: the newest version counts, in whatever order and however often it comes. */
@QuarkusTest
class PmsProductsTest {
    private static final String PATH = "/webhooks/pms/products";

    private final Client editor = Client.editor();
    private final String sku = Client.newSku("PMS-");
    private final ExecutorService senders = Executors.newFixedThreadPool(8);

    @AfterEach
    void endSenders() {
        senders.shutdownNow();
    }

    private static String line(String sku, Object version, String name, @Nullable String status) {
        return "{\"sku\":\"%s\",\"name\":\"%s\",\"price\":{\"amount\":1.50,\"currency\":\"EUR\"},\"pmsVersion\":%s%s}"
                .formatted(sku, name, version, status == null ? "" : ",\"status\":\"" + status + "\"");
    }

    private static String body(String... lines) {
        return "{\"lines\":[" + String.join(",", lines) + "]}";
    }

    private static String newId() {
        return "msg_" + UUID.randomUUID();
    }

    private Response send(String path, String id, String body) {
        long now = Clock.systemUTC().instant().getEpochSecond();
        return editor.anonymous()
                .contentType("application/json")
                .body(body.getBytes(StandardCharsets.UTF_8))
                .header(Webhook.ID, id)
                .header(Webhook.TIME, now)
                .header(Webhook.SIGNATURE, Signatures.of(id, now, body))
                .post(path);
    }

    private JsonNode sync(String... lines) {
        var answer = send(PATH, newId(), body(lines));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }

    /** The outcomes that are not 0. */
    private static String told(JsonNode report) {
        var told = new ArrayList<String>();
        for (var outcome : List.of("created", "updated", "unchanged", "published", "archived", "stale")) {
            if (report.path(outcome).intValue() > 0) {
                told.add(outcome + " " + report.path(outcome));
            }
        }
        report.path("rejected")
                .forEach(each ->
                        told.add(each.path("index") + " " + each.path("code").asText() + " "
                                + each.path("pointer").asText()));
        return String.join(", ", told);
    }

    private JsonNode product() {
        return Client.json(editor.read(sku));
    }

    private void is(String name, String status, int version) {
        var product = product();
        assertThat(List.of(
                        product.path("name").asText(),
                        product.path("status").asText(),
                        product.path("version").asInt()))
                .isEqualTo(List.of(name, status, version));
    }

    @Test
    void aLineFollowsTheNewestVersion() {
        assertThat(told(sync(line(sku, 5, "Five", null)))).isEqualTo("created 1");
        assertThat(told(sync(line(sku, 5, "Five again", null)))).isEqualTo("stale 1");
        assertThat(told(sync(line(sku, 4, "Four", null)))).isEqualTo("stale 1");
        assertThat(told(sync(line(sku, 6, "Five", null)))).isEqualTo("unchanged 1");
        assertThat(told(sync(line(sku, 6, "Six", null)))).isEqualTo("stale 1");
        assertThat(told(sync(line(sku, 7, "Seven", "published")))).isEqualTo("published 1");
        is("Seven", "published", 3);
        assertThat(told(sync(line(sku, 8, "Eight", "archived")))).isEqualTo("archived 1");
        assertThat(told(sync(line(sku, 9, "Nine", null)))).isEqualTo("updated 1");
        is("Nine", "archived", 6);
        assertThat(told(sync(line(sku, 10, "Nine", "published")))).isEqualTo("published 1");
        assertThat(told(sync(line(sku, 11, "Nine", "draft")))).isEqualTo("updated 1");
        is("Nine", "draft", 9);
        assertThat(editor.stock(sku).path("onHand").intValue()).isZero();
    }

    @Test
    void aVersionMayBeATime() {
        assertThat(told(sync(line(sku, "\"2026-11-23T10:00:00.000000001Z\"", "One", null))))
                .isEqualTo("created 1");
        assertThat(told(sync(line(sku, "\"2026-11-23T11:00:00.000000001+01:00\"", "Two", null))))
                .isEqualTo("stale 1");
        assertThat(told(sync(line(sku, "\"2026-11-23T10:00:00.000000002Z\"", "Three", null))))
                .isEqualTo("updated 1");
        is("Three", "draft", 2);
    }

    @Test
    void aLineThatCannotBeReadIsRejectedAlone() {
        var good = line(sku, 2, "Good", null);
        var report = sync(
                good.replace("1.50", "1.505"),
                good.replace(",\"pmsVersion\":2", ""),
                line(sku, "\"soon\"", "x", null),
                line(sku, 1.5, "x", null),
                line(sku, true, "x", null),
                line(sku, 3, "x", "sold"),
                good.replace("\"name\"", "\"version\":1,\"name\""),
                "7",
                good,
                line(sku, 3, "", null));
        assertThat(told(report))
                .isEqualTo("created 1, 0 too-precise /lines/0/price/amount, 1 required /lines/1/pmsVersion,"
                        + " 2 format /lines/2/pmsVersion, 3 type /lines/3/pmsVersion, 4 type /lines/4/pmsVersion,"
                        + " 5 unknown-value /lines/5/status, 6 unknown-field /lines/6/version, 7 type /lines/7,"
                        + " 9 blank /lines/9/name");
        is("Good", "draft", 1);
        assertThat(told(sync(line(sku, 3, "Better", null)))).isEqualTo("updated 1");
    }

    @Test
    void aBodyThatIsNoListOfLinesIsRefused() {
        for (var body : List.of("", "{", "{}", "{\"lines\":[]}", "{\"lines\":[{}],\"more\":1}")) {
            assertThat(send(PATH, newId(), body).statusCode()).as(body).isEqualTo(400);
        }
    }

    @Test
    void aWebhookIsAppliedOnce() {
        var id = newId();
        var body = body(line(sku, 1, "One", null), line(sku + "b", 1, "", null));
        var first = send(PATH, id, body);
        assertThat(told(Client.json(first))).isEqualTo("created 1, 1 blank /lines/1/name");
        var again = send(PATH, id, body);
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(send(PATH, id, body(line(sku, 2, "Two", null))).jsonPath().getString("code"))
                .isEqualTo("webhook-id-reused");
        assertThat(send("/webhooks/pms/stock", id, body).jsonPath().getString("code"))
                .isEqualTo("webhook-id-reused");
        is("One", "draft", 1);
    }

    @Test
    void withoutASignatureNothingIsRead() {
        var unsigned = editor.anonymous()
                .contentType("application/json")
                .body(body(line(sku, 1, "One", null)))
                .header(Webhook.ID, newId())
                .header(Webhook.TIME, Clock.systemUTC().instant().getEpochSecond())
                .header(Webhook.SIGNATURE, "v1,AAAA")
                .post(PATH);
        assertThat(unsigned.statusCode()).isEqualTo(401);
        assertThat(unsigned.jsonPath().getString("code")).isEqualTo("bad-signature");
        assertThat(editor.read(sku).statusCode()).isEqualTo(404);
    }

    /** Half of the deliveries come twice, all of them in any order and at once, with several lines of a SKU in some. */
    @Test
    void whateverTheOrderTheEndIsTheSame() {
        var statuses = new String[] {"draft", "published", "archived", null, null};
        for (int seed = 0; seed < 12; seed++) {
            var random = new Random(seed);
            var own = sku + seed;
            var name = "";
            var status = "draft";
            var deliveries = new ArrayList<String>();
            for (int version = 1; version <= 8; version++) {
                name = "Version " + version;
                var given = statuses[random.nextInt(statuses.length)];
                status = given == null ? status : given;
                var line = line(own, version, name, given);
                deliveries.add(body(line));
                if (random.nextBoolean()) {
                    deliveries.add(body(line(own, random.nextInt(8) - 8, "Before all", null), line));
                }
            }
            Collections.shuffle(deliveries, random);
            var ids =
                    IntStream.range(0, deliveries.size()).mapToObj(i -> newId()).toList();
            var answers = IntStream.range(0, deliveries.size())
                    .mapToObj(i ->
                            CompletableFuture.supplyAsync(() -> send(PATH, ids.get(i), deliveries.get(i)), senders))
                    .toList();
            for (int i = 0; i < ids.size(); i++) {
                // as a PMS does: again with the same id until it is told
                var answer = answers.get(i).join();
                while (answer.statusCode() == 503) {
                    answer = send(PATH, ids.get(i), deliveries.get(i));
                }
                assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            }
            var product = Client.json(editor.read(own));
            assertThat(product.path("name").asText()).as("seed " + seed).isEqualTo(name);
            assertThat(product.path("status").asText()).as("seed " + seed).isEqualTo(status);
            int last = product.path("version").asInt();
            await().until(() -> editor.events(0, own).size() == last);
            assertThat(editor.events(0, own))
                    .extracting(event -> event.at("/payload/version").asInt())
                    .containsExactlyElementsOf(
                            IntStream.rangeClosed(1, last).boxed().toList());
        }
    }
}
