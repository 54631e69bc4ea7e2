package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.LockedRow;

/** Products that are written together with others, and by themselves where that can't be. */
@QuarkusTest
class ProductWritingTest {

    private final Client editor = Client.editor();
    private final String sku = Client.newSku("W ");
    private final ExecutorService callers = Executors.newFixedThreadPool(32);

    @Inject
    Pool pool;

    @AfterEach
    void endCallers() {
        callers.shutdownNow();
    }

    private List<CompletableFuture<Response>> atOnce(Stream<Supplier<Response>> requests) {
        return requests.map(each -> CompletableFuture.supplyAsync(each, callers))
                .toList();
    }

    private Response create(String sku) {
        return editor.request(Client.product(sku)).post("/api/products");
    }

    private Response patch(String patch) {
        return editor.request(patch).contentType("application/merge-patch+json").patch(Client.path(sku));
    }

    private Response put(String name) {
        return editor.request(Client.product(sku).replace("Lamp", name))
                .header("If-Match", "*")
                .put(Client.path(sku));
    }

    private Row row(String query, Object... values) {
        return get(pool.preparedQuery(query).execute(Tuple.from(List.of(values))))
                .iterator()
                .next();
    }

    /** A row that was updated by the same transaction that inserted it has the transaction id of the product. */
    @Test
    void anEventGetsItsPositionInTheTransactionOfItsProduct() {
        editor.create(sku);
        // others may be giving positions just then, and give this one's
        await().until(() -> {
            assertThat(patch("{\"name\":\"" + Client.newSku("N") + "\"}").statusCode())
                    .isEqualTo(200);
            return row("""
                            SELECT (SELECT e.xmin FROM event AS e WHERE e.subject = p.sku AND e.position IS NOT NULL
                                     ORDER BY e.seq DESC LIMIT 1)::text = p.xmin::text AS same
                            FROM product AS p WHERE p.sku = $1
                            """, sku).getBoolean("same");
        });
    }

    @Test
    void whoeverGivesPositionsHoldsUpNoChange() {
        var held = new LockedRow(pool, "SELECT FROM feed_head WHERE single FOR UPDATE");
        try (held) {
            assertThat(create(sku).statusCode()).isEqualTo(201);
            assertThat(row("SELECT count(position) AS positions FROM event WHERE subject = $1", sku)
                            .getLong("positions"))
                    .isZero();
        }
        await().until(() -> editor.events(0, sku).size() == 1);
    }

    @Test
    void ofManyThatCreateOneSkuAtOnceOneDoes() {
        var answers = atOnce(IntStream.range(0, 32).mapToObj(i -> () -> create(sku)));
        assertThat(answers)
                .extracting(answer -> answer.join().statusCode())
                .containsOnlyOnce(201)
                .containsOnly(201, 409);
        assertThat(row("SELECT count(*) AS events FROM event WHERE subject = $1", sku)
                        .getLong("events"))
                .isEqualTo(1);
    }

    @Test
    void aSkuThatSomebodyElseIsInsertingHoldsUpNoOther() {
        CompletableFuture<Response> waiting;
        try (var held = new LockedRow(pool, """
                INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at)
                VALUES ($1, 'Another', 1, 'EUR', '{}', '{}', 'draft', 1, now(), now())
                """, sku)) {
            waiting = atOnce(Stream.<Supplier<Response>>of(() -> Client.untilNotLocked(() -> create(sku))))
                    .get(0);
            held.awaitWaiter();
            var others = atOnce(IntStream.range(0, 8).mapToObj(i -> () -> create(Client.newSku("FREE"))));
            assertThat(others)
                    .allSatisfy(each -> assertThat(each.join().statusCode()).isEqualTo(201));
            assertThat(waiting).isNotDone();
        }
        assertThat(waiting.join().statusCode()).isEqualTo(201);
    }

    /** What one of those that are written together is refused for is not refused to the others. */
    @Test
    void aKeyThatIsTakenAndASkuThatExistsAreRefusedToTheirCallersOnly() {
        var key = Client.newSku("key");
        editor.create(sku);
        assertThat(keyed(key, Client.newSku("KEYED")).statusCode()).isEqualTo(201);
        var answers = atOnce(Stream.concat(
                Stream.of(() -> create(sku), () -> keyed(key, Client.newSku("KEYED"))),
                IntStream.range(0, 30).mapToObj(i -> () -> create(Client.newSku("FINE")))));
        assertThat(answers.get(0).join().statusCode()).isEqualTo(409);
        assertThat(answers.get(1).join().statusCode()).isEqualTo(422);
        assertThat(answers.subList(2, 32))
                .allSatisfy(each -> assertThat(each.join().statusCode()).isEqualTo(201));
    }

    private Response keyed(String key, String sku) {
        return editor.request(Client.product(sku))
                .header("Idempotency-Key", key)
                .post("/api/products");
    }

    @Test
    void patchesOfOneProductAtOnceAreAllMade() {
        editor.create(sku);
        var answers = atOnce(
                IntStream.range(0, 32).mapToObj(i -> () -> patch("{\"attributes\":{\"a" + i + "\":" + i + "}}")));
        assertThat(answers)
                .allSatisfy(each -> assertThat(each.join().statusCode())
                        .as(each.join().asString())
                        .isEqualTo(200));
        var product = Client.json(editor.read(sku));
        assertThat(product.get("version").longValue()).isEqualTo(33);
        assertThat(IntStream.range(0, 32)
                        .allMatch(i -> product.get("attributes").has("a" + i)))
                .isTrue();
        assertThat(row("""
                        SELECT count(DISTINCT (payload->>'version')) AS versions FROM event WHERE subject = $1
                        """, sku).getLong("versions")).isEqualTo(33);
    }

    @Test
    void tagsAndAttributesAreStoredAsTheyWereSent() {
        var body = Client.product(sku)
                .replace(
                        "\"Lamp\"",
                        "\"\\\"L\\\\amp\\\", {NULL} ä\",\"tags\":[\"a \\\"b\\\" \\\\c\",\"{x,y}\",\"NULL\"]");
        var answer = editor.request(body).post("/api/products");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(201);
        var stored = row("SELECT name, tags FROM product WHERE sku = $1", sku);
        assertThat(stored.getString("name")).isEqualTo("\"L\\amp\", {NULL} ä");
        assertThat(stored.getArrayOfStrings("tags")).containsExactly("a \"b\" \\c", "{x,y}", "NULL");
    }

    /** More of them than there are connections to PostgreSQL. */
    @Test
    void whoeverWaitsForALockedProductLeavesTheOthersTheirConnections() {
        editor.create(sku);
        List<CompletableFuture<Response>> answers;
        try (var held = new LockedRow(pool, "SELECT FROM product WHERE sku = $1 FOR UPDATE", sku)) {
            answers = atOnce(IntStream.range(0, 24).mapToObj(i -> () -> Client.untilNotLocked(() -> put("Name " + i))));
            held.awaitWaiter();
            for (int i = 0; i < 10; i++) {
                editor.create(Client.newSku("FREE"));
            }
            assertThat(answers).noneMatch(CompletableFuture::isDone);
        }
        assertThat(answers)
                .allSatisfy(each -> assertThat(each.join().statusCode())
                        .as(each.join().asString())
                        .isEqualTo(200));
    }
}
