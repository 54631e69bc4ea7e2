package org.pmsevents.http.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.http.problem.RawHttp;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.wiring.IdempotencyCleanUp;

/** What keys do beside being replayed: they are refused while busy, and forgotten after a day. */
@QuarkusTest
class IdempotencyTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String BODY = "{\"delta\":1,\"reason\":\"receipt\"}";

    private final Client keeper = Client.of("stan", "stock");
    private final String sku = Client.newSku("KEY");
    private final String key = UUID.randomUUID().toString();

    @TestHTTPResource("/")
    URI server;

    @Inject
    Pool pool;

    @Inject
    IdempotencyCleanUp cleanUp;

    @BeforeEach
    void createProduct() {
        Client.editor().create(sku);
    }

    private RowSet<Row> execute(String sql) {
        return pool.query(sql).execute().await().atMost(PATIENCE);
    }

    private Response adjust() {
        return keeper.request(BODY).header("Idempotency-Key", key).post(Client.stockPath(sku) + "/adjustments");
    }

    private long onHand() {
        return keeper.stock(sku).get("onHand").longValue();
    }

    @Test
    void aKeyIsBusyWhileItsFirstRequestIsUnderWay() throws Exception {
        var holder = pool.getConnection().await().atMost(PATIENCE);
        holder.query("BEGIN; SELECT FROM stock WHERE sku = '" + sku + "' FOR UPDATE")
                .execute()
                .await()
                .atMost(PATIENCE);
        var first = CompletableFuture.supplyAsync(this::adjust);
        await().until(() ->
                execute("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'WITH RECURSIVE%'")
                                .size()
                        > 0);
        keeper.isProblem(adjust(), 409, "idempotency-key-busy");
        holder.query("ROLLBACK").execute().await().atMost(PATIENCE);
        holder.close().await().atMost(PATIENCE);
        assertThat(first.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
        adjust().then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(onHand()).isEqualTo(1);
    }

    @Test
    void manyAtOnceUnderOneKeyAreDoneOnce() throws Exception {
        var all = new ArrayList<CompletableFuture<Response>>();
        for (int i = 0; i < 10; i++) {
            all.add(CompletableFuture.supplyAsync(this::adjust));
        }
        for (var one : all) {
            assertThat(one.get(20, TimeUnit.SECONDS).statusCode()).isIn(200, 409);
        }
        assertThat(onHand()).isEqualTo(1);
    }

    @Test
    void anAnswerIsForgottenAfterADay() {
        adjust().then().statusCode(200);
        execute("UPDATE idempotency_key SET created_at = created_at - interval '24 hours 1 second'");
        var again = adjust();
        again.then().statusCode(200);
        assertThat(again.header("Idempotent-Replayed")).isNull();
        assertThat(onHand()).isEqualTo(2);
        execute("UPDATE idempotency_key SET created_at = created_at - interval '24 hours 1 second'");
        cleanUp.run(new CleanUp.Nothing(), null).await().atMost(PATIENCE);
        assertThat(execute("SELECT FROM idempotency_key WHERE created_at < now() - interval '24 hours'")
                        .size())
                .isZero();
    }

    @Test
    void aPathThatIsSpeltDifferentlyIsTheSameRequest() {
        var suffix = sku.substring(3);
        for (var spellings : List.of(
                List.of("A:" + suffix, "A%3A" + suffix, "%41%3a" + suffix),
                List.of("%C3%84" + suffix, "%c3%84" + suffix))) {
            var name = URLDecoder.decode(spellings.get(0), StandardCharsets.UTF_8);
            Client.editor().create(name);
            var sameKey = UUID.randomUUID().toString();
            var movements = new HashSet<String>();
            for (var spelling : spellings) {
                var answer = keeper.request(BODY)
                        .header("Idempotency-Key", sameKey)
                        .post("/api/inventory/" + spelling + "/adjustments");
                answer.then().statusCode(200);
                movements.add(answer.path("movementId"));
            }
            assertThat(movements).hasSize(1);
            assertThat(keeper.stock(name).get("onHand").longValue()).isEqualTo(1);
        }
    }

    @Test
    void aPathWithAnEmptySegmentIsNoOtherSpelling() throws IOException {
        var path = Client.stockPath(sku);
        for (var other : List.of(
                path + "/adjustments/",
                path + "//adjustments",
                path + "/adjustments/.",
                path + "/adjustments/%2e",
                path.replace("/api/", "/api//") + "/adjustments")) {
            var answer = RawHttp.send(
                    server,
                    "POST " + other + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: "
                            + key
                            + "\r\nAuthorization: " + Tokens.bearer("stan", "stock") + "\r\nContent-Length: "
                            + BODY.length() + "\r\n\r\n" + BODY);
            assertThat(answer.status()).as(other).isEqualTo(404);
            assertThat(answer.body()).contains("\"code\":\"not-found\"");
        }
        keeper.isProblem(keeper.request().get(Client.path(sku) + "/"), 404, "not-found");
        keeper.isProblem(keeper.request().get("/api/products/"), 404, "not-found");
        assertThat(onHand()).isZero();
    }
}
