package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.nullValue;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.queue.CleanUp;

/** What a PMS sees of the service: every status with its body, and nothing changed by what is refused. */
@QuarkusTest
class PmsWebhookResourceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final PmsSender pms = new PmsSender();
    private final Client viewer = Client.viewer();
    private final String sku = Client.newSku("PMS");
    private final String id = PmsSender.newId();

    @Inject
    Pool pool;

    @Inject
    MeterRegistry meters;

    @Inject
    WebhookCleanUp cleanUp;

    @BeforeEach
    void createProduct() {
        Client.editor().createTold(sku);
    }

    private long onHand() {
        return viewer.stock(sku).get("onHand").longValue();
    }

    private String count(long onHand) {
        return PmsSender.body(PmsSender.line(sku, onHand, null));
    }

    private void isRefused(Response answer) {
        var problem = pms.client()
                .isProblem(answer, 401, "bad-signature")
                .header("WWW-Authenticate", "StandardWebhooks")
                .body("detail", equalTo("The webhook does not have a valid signature."))
                .extract()
                .asString();
        assertThat(Client.json(problem).size())
                .as("no more members than any other")
                .isEqualTo(6);
        assertThat(onHand()).isZero();
    }

    @Test
    void aCountIsTakenAndTold() {
        long head = viewer.head();
        var answer = pms.send(id, PmsSender.body(PmsSender.line(sku, 7, null)));
        answer.then().statusCode(200).header("Content-Type", "application/json;charset=UTF-8");
        assertThat(answer.header("Idempotent-Replayed")).isNull();
        assertThat(answer.asString()).isEqualTo("{\"applied\":1,\"unchanged\":0,\"stale\":0,\"rejected\":[]}");
        var movement = viewer.movements(sku).get(0);
        assertThat(movement.get("delta").longValue()).isEqualTo(7);
        assertThat(movement.get("onHand").longValue()).isEqualTo(7);
        assertThat(movement.get("version").longValue()).isEqualTo(2);
        assertThat(movement.get("reason").textValue()).isEqualTo("sync");
        assertThat(movement.get("reference").textValue()).isEqualTo(id);
        assertThat(movement.get("actor").textValue()).isEqualTo("pms");
        assertThat(movement.get("traceId").textValue()).isEqualTo(pms.traceId());
        var updated = viewer.events(head, sku, 1);
        assertThat(updated).hasSize(1);
        assertThat(updated.get(0).at("/metadata/actor").textValue()).isEqualTo("pms");
        assertThat(updated.get(0).at("/metadata/id")).isEqualTo(movement.get("eventId"));
        assertThat(updated.get(0).get("payload").toString())
                .isEqualTo("{\"sku\":" + Client.quoted(sku)
                        + ",\"location\":\"main\",\"delta\":7,\"onHand\":7,\"version\":2,\"reason\":\"sync\",\"reference\":\""
                        + id + "\",\"movementId\":" + movement.get("movementId") + "}");
        var synced = viewer.events(head, id, 1);
        assertThat(synced).hasSize(1);
        assertThat(synced.get(0).get("type").textValue()).isEqualTo("inventory.synced");
        assertThat(synced.get(0).at("/metadata/position").longValue())
                .isGreaterThan(updated.get(0).at("/metadata/position").longValue());
        assertThat(synced.get(0).get("payload").toString())
                .isEqualTo("{\"source\":\"pms\",\"webhookId\":\"" + id
                        + "\",\"lines\":1,\"applied\":1,\"unchanged\":0,\"stale\":0,\"rejected\":0}");
    }

    @Test
    void anAuthorizationHeaderIsNoneOfItsConcern() {
        for (var authorization : List.of("Bearer nonsense", "Basic YTpi", Tokens.bearer("vera", "viewer"))) {
            pms.signed(PmsSender.newId(), count(1))
                    .header("Authorization", authorization)
                    .post(PmsSender.PATH)
                    .then()
                    .statusCode(200);
            pms.client()
                    .isProblem(
                            pms.unsigned(count(2))
                                    .header("Authorization", authorization)
                                    .post(PmsSender.PATH),
                            401,
                            "bad-signature");
        }
        assertThat(viewer.movements(sku).get(0).get("actor").textValue()).isEqualTo("pms");
    }

    @Test
    void whatIsNotSignedIsRefusedAndNobodyIsToldWhy() {
        var body = count(3);
        long now = PmsSender.now();
        var good = Signatures.of(id, now, body);
        double before = meters.find("pms.webhook.refused").counters().stream()
                .mapToDouble(counter -> counter.count())
                .sum();
        isRefused(pms.unsigned(body).post(PmsSender.PATH));
        isRefused(pms.unsigned("not even JSON").post(PmsSender.PATH));
        isRefused(pms.unsigned(body)
                .header(Webhook.ID, id)
                .header(Webhook.TIME, now)
                .post(PmsSender.PATH));
        isRefused(pms.unsigned(body)
                .header(Webhook.ID, id)
                .header(Webhook.SIGNATURE, good)
                .post(PmsSender.PATH));
        isRefused(pms.unsigned(body)
                .header(Webhook.TIME, now)
                .header(Webhook.SIGNATURE, good)
                .post(PmsSender.PATH));
        isRefused(sent(id, "yesterday", good, body));
        isRefused(sent(id, Long.toString(now - 301), Signatures.of(id, now - 301, body), body));
        isRefused(sent(id, Long.toString(now + 330), Signatures.of(id, now + 330, body), body));
        isRefused(sent(id, Long.toString(now), good, body + " "));
        isRefused(sent("msg_other", Long.toString(now), good, body));
        isRefused(sent(id, Long.toString(now), "v1," + "A".repeat(43) + "=", body));
        isRefused(sent("a.b", Long.toString(now), Signatures.of("a.b", now, body), body));
        assertThat(meters.find("pms.webhook.refused").counters().stream()
                        .mapToDouble(counter -> counter.count())
                        .sum())
                .isEqualTo(before + 12);
        sent(id, Long.toString(now), good, body).then().statusCode(200);
    }

    private Response sent(String webhookId, String time, String signature, String body) {
        return pms.unsigned(body)
                .header(Webhook.ID, webhookId)
                .header(Webhook.TIME, time)
                .header(Webhook.SIGNATURE, signature)
                .post(PmsSender.PATH);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                             | /lines             | required",
                "{\"lines\":[]}                                 | /lines             | too-few",
                "{\"lines\":{}}                                 | /lines             | type",
                "{\"lines\":[{\"sku\":\"A\",\"onHand\":1}],\"more\":1} | /more        | unknown-field"
            })
    void aBodyThatCanNotBeReadIsRefused(String body, String pointer, String code) {
        pms.client()
                .isProblem(pms.send(id, body), 400, "validation-failed")
                .body("violations.size()", equalTo(1))
                .body("violations[0].pointer", equalTo(pointer))
                .body("violations[0].code", equalTo(code));
        pms.send(id, count(1)).then().statusCode(200).header("Idempotent-Replayed", nullValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "7                                                |               | type",
                "null                                             |               | type",
                "[]                                               |               | type",
                "{}                                               | /sku          | required",
                "{\"onHand\":1}                                   | /sku          | required",
                "{\"sku\":\"A\"}                                  | /onHand       | required",
                "{\"sku\":\"A\",\"onHand\":null}                  | /onHand       | required",
                "{\"sku\":\"A\",\"onHand\":\"1\"}                 | /onHand       | type",
                "{\"sku\":\"A\",\"onHand\":1.5}                   | /onHand       | type",
                "{\"sku\":\"A\",\"onHand\":1e-1}                  | /onHand       | type",
                "{\"sku\":\"A\",\"onHand\":1e2000}                | /onHand       | number-out-of-range",
                "{\"sku\":\"A\",\"onHand\":2147483648}            | /onHand       | out-of-range",
                "{\"sku\":85123,\"onHand\":1}                     | /sku          | type",
                "{\"sku\":\" \",\"onHand\":1}                     | /sku          | blank",
                "{\"sku\":\"A\\u0000\",\"onHand\":1}              | /sku          | invalid-text",
                "{\"sku\":\"A\\ud800\",\"onHand\":1}              | /sku          | invalid-text",
                "{\"sku\":\"A\",\"onHand\":1,\"countedAt\":\"noon\"}                | /countedAt | format",
                "{\"sku\":\"A\",\"onHand\":1,\"countedAt\":\"2026-11-23T10:00:00\"} | /countedAt | format",
                "{\"sku\":\"A\",\"onHand\":1,\"countedAt\":1}                     | /countedAt | type",
                "{\"sku\":\"A\",\"onHand\":1,\"location\":\"a/b\"}                  | /location  | pattern",
                "{\"sku\":\"A\",\"onHand\":1,\"qty\":1}                           | /qty       | unknown-field",
                "{\"sku\":\"A\",\"onHand\":1,\"onHand\":2}                        | /onHand    | duplicate-key"
            })
    void aLineThatCanNotBeReadIsRejectedAloneAndAdminsAreAlerted(String line, String member, String code) {
        var body = PmsSender.body(line, PmsSender.line(sku, 7, null));
        var answer = pms.send(id, body);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        var report = Client.json(answer);
        assertThat(report.get("applied").intValue()).as(report.toString()).isEqualTo(1);
        assertThat(report.get("rejected")).hasSize(1);
        var rejected = report.get("rejected").get(0);
        assertThat(rejected.get("index").intValue()).isZero();
        assertThat(rejected.get("code").textValue()).isEqualTo(code);
        assertThat(rejected.get("pointer").textValue()).isEqualTo("/lines/0" + (member == null ? "" : member));
        assertThat(rejected.get("detail").textValue()).isNotBlank();
        assertThat(onHand()).isEqualTo(7);
        var again = pms.send(id, body);
        again.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(answer.asString());
        await().until(() -> alerts() > 0);
    }

    private long alerts() {
        return pool.query("SELECT messages FROM alert WHERE key = 'webhook-lines'")
                .execute()
                .map(rows -> rows.size())
                .await()
                .atMost(PATIENCE);
    }

    @Test
    void whateverNumberOfLinesCanNotBeReadTheOthersAreApplied() {
        var bad = IntStream.range(0, 9_999)
                .mapToObj(number -> "{\"sku\":\"A\",\"sku\":\"B\",\"onHand\":\"x\",\"z\":1}")
                .collect(Collectors.joining(","));
        var report = Client.json(pms.send(id, PmsSender.body(bad, PmsSender.line(sku, 3, null))));
        assertThat(report.get("applied").intValue()).isEqualTo(1);
        assertThat(report.get("rejected")).hasSize(9_999);
        assertThat(report.at("/rejected/9998/pointer").textValue()).isEqualTo("/lines/9998/sku");
        assertThat(onHand()).isEqualTo(3);
        report = Client.json(pms.send(PmsSender.newId(), PmsSender.body("1.5")));
        assertThat(report.get("rejected")).as("even if that is all").hasSize(1);
    }

    @Test
    void theSkuOfALineThatCanNotBeReadIsToldAsFarAsItIsAText() {
        var report = Client.json(pms.send(
                id,
                PmsSender.body(
                        "{\"sku\":7,\"onHand\":1}",
                        "{\"sku\":\"" + "x".repeat(65) + "\",\"onHand\":1}",
                        "{\"sku\":\"A\\u0000\",\"onHand\":1}",
                        "{\"sku\":\"A\",\"onHand\":1,\"" + "y".repeat(900) + "\":1}")));
        assertThat(report.at("/rejected/0/sku").isNull()).isTrue();
        assertThat(report.at("/rejected/1/sku").textValue()).isEqualTo("x".repeat(64));
        assertThat(report.at("/rejected/1/code").textValue()).isEqualTo("too-long");
        assertThat(report.at("/rejected/2/sku").textValue()).isEqualTo("A\uFFFD");
        assertThat(report.at("/rejected/3/pointer").textValue()).isEqualTo("/lines/3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"12", "12.0", "1.2e1", "1200e-2"})
    void aNumberWithoutAFractionIsAnIntegerHoweverItIsWritten(String twelve) {
        pms.sync("{\"sku\":" + Client.quoted(sku) + ",\"onHand\":" + twelve + "}");
        assertThat(onHand()).isEqualTo(12);
    }

    @Test
    void tooManyLinesAreRefused() {
        var lines = IntStream.rangeClosed(1, 10_001)
                .mapToObj(number -> "{\"sku\":\"A\",\"onHand\":1}")
                .collect(Collectors.joining(","));
        pms.client()
                .isProblem(pms.send(id, PmsSender.body(lines)), 400, "validation-failed")
                .body("violations[0].code", equalTo("too-many"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "nonsense", "{\"lines\":[]} more", "\uFEFF{}"})
    void whatIsNoJsonIsRefused(String body) {
        pms.client().isProblem(pms.send(id, body), 400, "malformed-json");
    }

    @Test
    void aBodyIsNeeded() {
        long now = PmsSender.now();
        pms.client()
                .isProblem(
                        pms.client()
                                .anonymous()
                                .contentType("application/json")
                                .header(Webhook.ID, id)
                                .header(Webhook.TIME, now)
                                .header(Webhook.SIGNATURE, Signatures.of(id, now, ""))
                                .post(PmsSender.PATH),
                        400,
                        "body-required");
    }

    @Test
    void otherMethodsTypesAndSizesAreRefused() {
        pms.client()
                .isProblem(pms.client().anonymous().get(PmsSender.PATH), 405, "method-not-allowed")
                .header("Allow", equalTo("OPTIONS, POST"));
        pms.client()
                .isProblem(
                        pms.signed(id, count(1)).contentType("text/plain").post(PmsSender.PATH),
                        415,
                        "unsupported-media-type");
        pms.client().isProblem(pms.send(id, " ".repeat(4 * 1024 * 1024 + 1)), 413, "content-too-large");
        pms.client().isProblem(pms.client().anonymous().post("/webhooks/pms"), 404, "not-found");
        assertThat(onHand()).isZero();
    }

    @Test
    void aRepeatedWebhookGetsItsFirstAnswerAndChangesNothing() {
        var body = PmsSender.body(PmsSender.line(sku, 7, null), PmsSender.line(Client.newSku("NOBODY"), 1, null));
        var first = pms.send(id, body);
        first.then().statusCode(200);
        Client.of("stan", "stock").adjust(sku, -2);
        long head = viewer.head();
        var again = pms.send(id, body);
        again.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(onHand()).isEqualTo(5);
        assertThat(viewer.movements(sku)).hasSize(2);
        assertThat(viewer.events(head, id)).isEmpty();
    }

    @Test
    void aWebhookIdWithAnotherBodyIsRefused() {
        pms.send(id, count(7)).then().statusCode(200);
        pms.client().isProblem(pms.send(id, count(8)), 422, "webhook-id-reused");
        pms.client().isProblem(pms.send(id, count(7) + " "), 422, "webhook-id-reused");
        assertThat(onHand()).isEqualTo(7);
    }

    @Test
    void tenDeliveriesAtOnceApplyItOnce() throws Exception {
        long head = viewer.head();
        var other = Client.newSku("PMS");
        Client.editor().create(other);
        var body = PmsSender.body(PmsSender.line(sku, 5, null), PmsSender.line(other, 6, null));
        var answers = new ArrayList<CompletableFuture<Response>>();
        for (int i = 0; i < 10; i++) {
            answers.add(CompletableFuture.supplyAsync(() -> new PmsSender().send(id, body)));
        }
        int first = 0;
        for (var answer : answers) {
            var response = answer.get(20, TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response.asString()).isEqualTo(200);
            assertThat(response.asString()).isEqualTo("{\"applied\":2,\"unchanged\":0,\"stale\":0,\"rejected\":[]}");
            first += response.header("Idempotent-Replayed") == null ? 1 : 0;
        }
        assertThat(first).isEqualTo(1);
        assertThat(onHand()).isEqualTo(5);
        assertThat(viewer.movements(sku)).hasSize(1);
        assertThat(viewer.events(head, id, 1)).hasSize(1);
    }

    @Test
    void whoHoldsTheStockForTooLongIsNotWaitedFor() {
        var holder = pool.getConnection().await().atMost(PATIENCE);
        holder.query("BEGIN; SELECT FROM stock WHERE sku = '" + sku + "' FOR UPDATE")
                .execute()
                .await()
                .atMost(PATIENCE);
        var other = Client.newSku("PMS");
        Client.editor().create(other);
        var body = PmsSender.body(PmsSender.line(other, 6, null), PmsSender.line(sku, 5, null));
        long begun = System.nanoTime();
        pms.client().isProblem(pms.send(id, body), 503, "database-busy").header("Retry-After", "1");
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
                .isBetween(Duration.ofMillis(2_900), Duration.ofMillis(8_000));
        assertThat(Client.of("stan", "stock").adjust(other, 1).get("onHand").longValue())
                .as("nothing was changed, and nothing is held any more")
                .isEqualTo(1);
        holder.query("ROLLBACK").execute().await().atMost(PATIENCE);
        holder.close().await().atMost(PATIENCE);
        pms.send(id, body)
                .then()
                .statusCode(200)
                .body("applied", equalTo(2))
                .header("Idempotent-Replayed", nullValue());
    }

    @Test
    void anAnswerIsForgottenOnceNobodyWillAskForIt() {
        var old = PmsSender.newId();
        pms.send(id, count(3)).then().statusCode(200);
        pms.send(old, count(4)).then().statusCode(200);
        pool.preparedQuery(
                        "UPDATE webhook_delivery SET received_at = now() - interval '30 days 1 second' WHERE webhook_id = $1")
                .execute(Tuple.of(old))
                .await()
                .atMost(PATIENCE);
        cleanUp.run(new CleanUp.Nothing(), null).await().atMost(PATIENCE);
        pms.send(id, count(3)).then().header("Idempotent-Replayed", "true");
        pms.send(old, count(4)).then().statusCode(200).header("Idempotent-Replayed", nullValue());
    }

    @Test
    void theTimeIsThatOfTheAttempt() {
        var body = count(3);
        long earlier = PmsSender.now() - 200;
        sent(id, Long.toString(earlier), Signatures.of(id, earlier, body), body)
                .then()
                .statusCode(200);
        pms.send(id, body).then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(viewer.stock(sku).get("updatedAt").textValue())
                .isGreaterThan(Instant.ofEpochSecond(earlier).toString());
    }

    @Test
    void theSecretOfDevModeIsOne() {
        assertThat(Base64.getDecoder().decode(Signatures.SECRET.substring("whsec_".length())))
                .hasSizeBetween(24, 64);
    }
}
