package org.pmsevents.product.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** Many products by one request. */
@QuarkusTest
class ProductBatchResourceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String PRICE = "\"price\":{\"amount\":1.50,\"currency\":\"EUR\"}";

    /** The same lines for two sets of SKUs: {@code #} is the beginning of each. */
    private static final List<String> LINES = List.of(
            "{\"sku\":\"#new\",\"name\":\"New\"," + PRICE + ",\"tags\":[\"a\",\"b\"],\"attributes\":{\"x\":1.0}}",
            "{\"sku\":\"#draft\",\"name\":\"Changed\"," + PRICE + "}",
            "{\"sku\":\"#draft\",\"name\":\"Changed\"," + PRICE + "}",
            "{\"sku\":\"#draft\",\"name\":\"Changed\"," + PRICE + ",\"version\":2}",
            "{\"sku\":\"#draft\",\"name\":\"Changed\"," + PRICE + ",\"version\":7}",
            "{\"sku\":\"#published\",\"name\":\"Changed\"," + PRICE + ",\"description\":\"d\"}",
            "{\"sku\":\"#archived\",\"name\":\"Changed\"," + PRICE + "}",
            "{\"sku\":\"#archived\",\"name\":\"\"}",
            "{\"sku\":\"#missing\",\"name\":\"Missing\"," + PRICE + "}",
            "{\"sku\":\"#bad\"}",
            "{\"sku\":\"#bad\",\"name\":\" \",\"price\":{\"amount\":1.505,\"currency\":\"EUR\",\"x\":1}}",
            "{\"sku\":\"#bad\",\"name\":7,\"price\":{\"amount\":\"1\",\"currency\":\"XXX\"}}",
            "{\"sku\":\"#bad\",\"name\":\"n\"," + PRICE + ",\"tags\":[\"a\",\"a\",\" \",3],\"attributes\":[]}",
            "{\"sku\":\"#bad\",\"name\":\"n\",\"name\":\"m\"," + PRICE + ",\"colour\":\"blue\",\"a/b~c\":1}",
            "{\"sku\":\"#bad\",\"name\":\"n\\u0000\"," + PRICE + ",\"description\":\"" + "x".repeat(10_001) + "\"}",
            "{\"sku\":\"#bad\",\"name\":\"n\"," + PRICE + ",\"attributes\":{\"x\":\"" + "y".repeat(17_000) + "\"}}",
            "{\"sku\":\"#draft\",\"name\":\"n\",\"price\":null}",
            "{\"sku\":\"#draft\",\"name\":\"n\"," + PRICE + ",\"createdAt\":\"2020-01-01T00:00:00Z\"}");

    private final Client editor = Client.editor();
    private final String start = Client.newSku("BR-");

    @Inject
    Pool pool;

    private Response batch(String query, List<String> lines) {
        return editor.request(body(lines)).post("/api/products/batch" + query);
    }

    private static String body(List<String> lines) {
        return "{\"lines\":[" + String.join(",", lines) + "]}";
    }

    private static String line(String sku, String name) {
        return "{\"sku\":\"" + sku + "\",\"name\":\"" + name + "\"," + PRICE + "}";
    }

    private static List<JsonNode> results(Response answer) {
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        var results = new ArrayList<JsonNode>();
        Client.json(answer).get("results").forEach(results::add);
        return results;
    }

    private static List<String> told(List<JsonNode> results) {
        return results.stream()
                .map(result -> result.path("status").asText() + " "
                        + (result.path("outcome").asText("")
                                + result.path("code").asText("")))
                .toList();
    }

    private void prepare(String sku) {
        for (var kind : List.of("draft", "published", "archived")) {
            editor.create(sku + kind);
        }
        editor.publish(sku + "published");
        editor.archive(sku + "archived");
    }

    private List<String> lines(String sku) {
        return LINES.stream().map(line -> line.replace("#", sku)).toList();
    }

    /** What a call alone and a line have in common. */
    private static ObjectNode refusal(JsonNode answer, String sku) {
        var common = Client.json("{}").<ObjectNode>deepCopy();
        for (var name : List.of("code", "detail", "violations")) {
            if (answer.has(name)
                    && !(answer.get(name).isArray() && answer.get(name).isEmpty())) {
                common.set(name, Client.json(answer.get(name).toString().replace(sku, "#")));
            }
        }
        return common;
    }

    private void areAnsweredAsIfAlone(String mode, Function<String, Response> call) {
        var alone = start + mode + "-a-";
        var together = start + mode + "-t-";
        prepare(alone);
        prepare(together);
        long head = editor.head();
        var answers = lines(alone).stream().map(call).toList();
        var results = results(batch("?mode=" + mode, lines(together)));
        for (int i = 0; i < LINES.size(); i++) {
            var answer = answers.get(i);
            var result = results.get(i);
            assertThat(result.path("index").asInt()).isEqualTo(i);
            assertThat(result.path("status").asInt()).as(LINES.get(i)).isEqualTo(answer.statusCode());
            if (answer.statusCode() >= 400) {
                assertThat(refusal(result, together)).isEqualTo(refusal(Client.json(answer), alone));
                assertThat(result.has("outcome")).isFalse();
            }
        }
        for (var kind : List.of("new", "draft", "published", "archived", "bad", "missing")) {
            assertThat(stored(together, kind)).isEqualTo(stored(alone, kind));
            assertThat(events(head, together, kind)).isEqualTo(events(head, alone, kind));
            assertThat(editor.request().get(Client.stockPath(together + kind)).statusCode())
                    .isEqualTo(
                            editor.request().get(Client.stockPath(alone + kind)).statusCode());
        }
    }

    private JsonNode stored(String sku, String kind) {
        var json = Client.json(editor.read(sku + kind).asString().replace(sku, "#"));
        return json instanceof ObjectNode product
                ? product.without(List.of("createdAt", "updatedAt", "publishedAt", "traceId"))
                : json;
    }

    private List<String> events(long after, String sku, String kind) {
        return editor.events(after, sku + kind).stream()
                .map(event -> event.path("type").asText() + " " + event.at("/payload/version") + " "
                        + event.at("/payload/changed") + event.at("/payload/name") + " "
                        + event.at("/metadata/actor").asText())
                .toList();
    }

    @Test
    void aLineThatCreatesIsAnsweredAsIfItHadComeAlone() {
        areAnsweredAsIfAlone("create", line -> editor.request(line).post("/api/products"));
    }

    @Test
    void aLineThatReplacesIsAnsweredAsIfItHadComeAlone() {
        areAnsweredAsIfAlone(
                "update",
                line -> editor.put(
                        Client.json(line.replace("\"name\":\"n\",\"name\":\"m\"", "\"name\":\"m\""))
                                .path("sku")
                                .asText(),
                        line));
    }

    @Test
    void anUpsertDoesWhicheverIsNeeded() {
        prepare(start);
        var results = results(batch(
                "",
                Stream.concat(
                                lines(start).stream().limit(3),
                                Stream.of("null", "7", line("a/b", "Bad"), line("", "Blank"), "{\"name\":\"x\"}"))
                        .toList()));
        assertThat(told(results))
                .containsExactly(
                        "201 created",
                        "200 updated",
                        "200 unchanged",
                        "400 validation-failed",
                        "400 validation-failed",
                        "400 validation-failed",
                        "400 validation-failed",
                        "400 validation-failed");
        assertThat(results.get(3).at("/violations/0").toString())
                .isEqualTo("{\"pointer\":\"\",\"code\":\"type\",\"detail\":\"The body must be an object.\"}");
        assertThat(results.get(5).at("/violations/0/pointer").asText()).isEqualTo("/sku");
    }

    @Test
    void aStatusPublishesAsTheCallDoes() {
        prepare(start);
        var published = line(start + "draft", "Changed").replace("}}", "},\"status\":\"published\"}");
        var created = published.replace("draft", "new");
        long head = editor.head();
        var results = results(batch(
                "",
                List.of(
                        published,
                        created,
                        published,
                        published.replace("\"published\"", "\"draft\""),
                        published.replace("\"published\"", "\"archived\""),
                        published.replace("\"published\"", "3"))));
        assertThat(told(results))
                .containsExactly(
                        "200 published",
                        "201 published",
                        "200 unchanged",
                        "400 validation-failed",
                        "400 validation-failed",
                        "400 validation-failed");
        assertThat(results.subList(3, 6))
                .extracting(result -> result.at("/violations/0/code").asText())
                .containsExactly("read-only", "unknown-value", "type");
        assertThat(events(head, start, "draft"))
                .extracting(event -> event.replaceAll("( \\d+) .*", "$1"))
                .containsExactly("product.updated 2", "product.published 3");
        assertThat(events(head, start, "new")).hasSize(2);
        await().until(() -> editor.history(start + "new").size() == 2);
    }

    @Test
    void allOrNone() {
        prepare(start);
        var lines =
                List.of(line(start + "new", "New"), line(start + "archived", "Changed"), line(start + "draft", "X"));
        var refused = batch("?atomic=true", lines);
        assertThat(refused.statusCode()).isEqualTo(409);
        var problem = Client.json(refused);
        assertThat(problem.path("code").asText()).isEqualTo("lines-refused");
        var results = new ArrayList<JsonNode>();
        problem.path("results").forEach(results::add);
        assertThat(told(results)).containsExactly("424 not-applied", "409 product-archived", "424 not-applied");
        assertThat(editor.read(start + "new").statusCode()).isEqualTo(404);
        assertThat(Client.json(editor.read(start + "draft")).path("version").asInt())
                .isEqualTo(1);
        assertThat(told(results(batch("?atomic=true", List.of(lines.get(0), lines.get(2))))))
                .containsExactly("201 created", "200 updated");
    }

    @Test
    void aDryRunChangesNothingAndTellsTheSame() {
        prepare(start);
        long head = editor.head();
        var told = results(batch("?dryRun=true", lines(start)));
        for (var kind : List.of("new", "draft", "published", "archived")) {
            assertThat(events(head, start, kind)).isEmpty();
        }
        assertThat(editor.read(start + "new").statusCode()).isEqualTo(404);
        assertThat(results(batch("", lines(start)))).isEqualTo(told);
    }

    @Test
    void aThousandLines() {
        var lines = IntStream.range(0, 1_000)
                .mapToObj(i -> line(start + i, "N" + i))
                .toList();
        assertThat(told(results(batch("", lines)))).containsOnly("201 created");
        assertThat(told(results(batch("", lines)))).containsOnly("200 unchanged");
        assertThat(batch("", Stream.concat(lines.stream(), Stream.of("{}")).toList())
                        .jsonPath()
                        .getString("violations[0].code"))
                .isEqualTo("too-many");
        assertThat(batch("", List.of()).jsonPath().getString("violations[0].code"))
                .isEqualTo("too-few");
    }

    @Test
    void aRowThatIsHeldHoldsUpNoOtherLine() {
        editor.create(start + "held");
        var holder = hold("SELECT FROM product WHERE sku = $1 FOR UPDATE", start + "held");
        CompletableFuture<Response> answer;
        try {
            answer = later("", List.of(line(start + "held", "Changed"), line(start + "free", "Free")));
            await().until(() -> editor.read(start + "free").statusCode() == 200);
            assertThat(answer).isNotDone();
        } finally {
            release(holder);
        }
        assertThat(told(results(answer.join()))).containsExactly("200 updated", "201 created");
    }

    @Test
    void aSkuThatSomebodyElseIsInsertingHoldsUpNoOtherLine() {
        var holder = hold("""
                INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at)
                VALUES ($1, 'Another', 1, 'EUR', '{}', '{}', 'draft', 1, now(), now())
                """, start + "held");
        CompletableFuture<Response> answer;
        try {
            answer =
                    later("", List.of(line(start + "a", "A"), line(start + "held", "Changed"), line(start + "z", "Z")));
            await().until(() -> editor.read(start + "a").statusCode() == 200
                    && editor.read(start + "z").statusCode() == 200);
            assertThat(answer).isNotDone();
        } finally {
            release(holder);
        }
        assertThat(told(results(answer.join()))).containsExactly("201 created", "201 created", "201 created");
    }

    @Test
    void aRowThatIsHeldForTooLongIsGivenUp() {
        editor.create(start + "held");
        var holder = hold("SELECT FROM product WHERE sku = $1 FOR UPDATE", start + "held");
        try {
            var key = Client.newSku("key");
            var lines = List.of(line(start + "held", "Changed"), line(start + "free", "Free"));
            var first = keyed(key, lines);
            assertThat(told(results(first))).containsExactly("503 database-busy", "201 created");
            assertThat(keyed(key, lines).asString()).isEqualTo(first.asString());
        } finally {
            release(holder);
        }
    }

    @Test
    void batchesInOppositeOrderDoNotDeadlock() {
        var forth = IntStream.range(0, 200).mapToObj(i -> start + i).toList();
        var back = IntStream.range(0, 200).mapToObj(i -> start + (199 - i)).toList();
        for (int round = 0; round < 4; round++) {
            var name = "Round " + round;
            var answers = Stream.of(forth, back, forth, back)
                    .map(skus ->
                            later("", skus.stream().map(sku -> line(sku, name)).toList()))
                    .toList();
            var told = answers.stream()
                    .flatMap(answer -> told(results(answer.join())).stream())
                    .collect(Collectors.groupingBy(each -> each, Collectors.counting()));
            var changed = round == 0 ? "201 created" : "200 updated";
            assertThat(told).containsOnlyKeys(changed, "200 unchanged").containsEntry(changed, 200L);
        }
        for (var sku : List.of(forth.get(0), forth.get(199))) {
            await().until(() -> editor.events(0, sku).size() == 4);
            assertThat(events(0, sku, ""))
                    .extracting(event -> event.replaceAll("\\D+", "").substring(0, 1))
                    .containsExactly("1", "2", "3", "4");
        }
    }

    @Test
    void aKeyReplaysTheAnswer() {
        var key = Client.newSku("key");
        var lines = List.of(line(start + "a", "A"), line(start + "b", ""));
        var first = keyed(key, lines);
        assertThat(told(results(first))).containsExactly("201 created", "400 validation-failed");
        var again = keyed(key, lines);
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(keyed(key, lines.subList(0, 1)).statusCode()).isEqualTo(422);
    }

    @Test
    void aProductMayBeNamedBatch() {
        editor.request(Client.product("batch")).post("/api/products");
        assertThat(editor.read("batch").statusCode()).isEqualTo(200);
        assertThat(editor.put("batch", line("batch", "Put")).statusCode()).isEqualTo(200);
        assertThat(editor.patch("batch", "{\"name\":\"Patched\"}").statusCode()).isEqualTo(200);
        assertThat(editor.publish("batch").statusCode()).isEqualTo(200);
        assertThat(editor.request().get("/api/products/batch/history").statusCode())
                .isEqualTo(200);
        assertThat(editor.archive("batch").statusCode()).isEqualTo(204);
        assertThat(editor.request().post("/api/products/batch/restore").statusCode())
                .isEqualTo(200);
    }

    @Test
    void parametersAreChecked() {
        for (var query : List.of("?mode=replace", "?atomic=yes", "?dryRun=", "?dry=true")) {
            assertThat(batch(query, List.of("{}")).statusCode()).as(query).isEqualTo(400);
        }
        assertThat(editor.request("{\"lines\":[{}],\"more\":1}")
                        .post("/api/products/batch")
                        .statusCode())
                .isEqualTo(400);
    }

    private Response keyed(String key, List<String> lines) {
        return editor.request(body(lines)).header("Idempotency-Key", key).post("/api/products/batch");
    }

    private CompletableFuture<Response> later(String query, List<String> lines) {
        return CompletableFuture.supplyAsync(() -> batch(query, lines), task -> new Thread(task).start());
    }

    private SqlConnection hold(String statement, String sku) {
        var holder = pool.getConnection().await().atMost(PATIENCE);
        holder.query("BEGIN").execute().await().atMost(PATIENCE);
        holder.preparedQuery(statement).execute(Tuple.of(sku)).await().atMost(PATIENCE);
        return holder;
    }

    private static void release(SqlConnection holder) {
        holder.query("ROLLBACK").execute().await().atMost(PATIENCE);
        holder.close().await().atMost(PATIENCE);
    }
}
