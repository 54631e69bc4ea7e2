package org.pmsevents.queue.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Client;
import org.pmsevents.event.EventMessage;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.worker.TestJobs;

@QuarkusTest
class JobResourceTest {
    private final Client operator = Client.of("otto", "operator");
    private final String name = "J" + UUID.randomUUID();

    @Inject
    TestJobs.Several kind;

    @Inject
    Vertx vertx;

    private Response create(String more) {
        return operator.request("{\"kind\":\"test.named\",\"payload\":{\"name\":\"" + name + "\"}" + more + "}")
                .post("/api/jobs");
    }

    private String created(String more) {
        var answer = create(more);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        return answer.jsonPath().getString("id");
    }

    private JsonNode read(String id) {
        return Client.json(operator.request().get("/api/jobs/" + id));
    }

    private JsonNode awaitState(String id, String state) {
        await(id + " becomes " + state)
                .until(() -> read(id).get("state").textValue().equals(state));
        return read(id);
    }

    private static List<String> words(JsonNode array, String field) {
        return array.findValuesAsText(field);
    }

    @Test
    void aJobIsRunAndKeepsItsResult() {
        kind.define(name, (payload, run) -> {
            run.progress(3, 4, "almost \"done\"");
            return Uni.createFrom().item(Map.of("attempt", run.attempt()));
        });
        var answer = create(",\"priority\":5");
        answer.then()
                .statusCode(202)
                .header(
                        "Location",
                        "http://localhost:" + port() + "/api/jobs/"
                                + answer.jsonPath().getString("id"));
        assertThat(Client.json(answer).fieldNames())
                .toIterable()
                .containsExactly(
                        "id",
                        "kind",
                        "state",
                        "attempt",
                        "maxAttempts",
                        "priority",
                        "runAt",
                        "uniqueKey",
                        "payload",
                        "progress",
                        "result",
                        "errors",
                        "createdAt",
                        "finishedAt");
        var done = awaitState(answer.jsonPath().getString("id"), "completed");
        assertThat(done.get("result")).hasToString("{\"attempt\":1}");
        assertThat(done.get("progress")).hasToString("{\"done\":3,\"total\":4,\"note\":\"almost \\\"done\\\"\"}");
        assertThat(done.get("payload")).hasToString("{\"name\":\"" + name + "\"}");
        assertThat(done.get("priority").intValue()).isEqualTo(5);
        assertThat(done.get("attempt").intValue()).isEqualTo(1);
        assertThat(done.get("maxAttempts").intValue()).isEqualTo(20);
        assertThat(done.get("errors")).isEmpty();
        assertThat(done.get("finishedAt").isTextual()).isTrue();
    }

    private static int port() {
        return RestAssured.port;
    }

    @Test
    void eachStepIsToldUnderTheTraceOfWhoAskedForIt() {
        var told = new CopyOnWriteArrayList<EventMessage>();
        var consumers = List.of("queue.new", "queue.processing", "queue.complete").stream()
                .map(type -> vertx.eventBus().<EventMessage>localConsumer(type, message -> told.add(message.body())))
                .toList();
        try {
            var id = created("");
            awaitState(id, "completed");
            await().untilAsserted(() -> assertThat(about(told, id))
                    .extracting(event -> event.type().wireName())
                    .containsExactlyInAnyOrder("queue.new", "queue.processing", "queue.complete"));
            assertThat(about(told, id)).allSatisfy(event -> {
                assertThat(event.metadata().traceId()).isEqualTo(operator.traceId);
                assertThat(event.metadata().actor()).isEqualTo("otto");
                assertThat(Client.json(event.payload()).get("kind").textValue()).isEqualTo("test.named");
            });
        } finally {
            consumers.forEach(consumer -> consumer.unregister());
        }
    }

    private static List<EventMessage> about(List<EventMessage> told, String id) {
        return told.stream()
                .filter(event -> event.metadata().subject().equals(id))
                .toList();
    }

    @Test
    void aJobForLaterWaitsUntilItIsToldToRun() {
        var id = created(",\"runAt\":\"2099-01-01T00:00:00Z\"");
        assertThat(read(id).get("state").textValue()).isEqualTo("scheduled");
        assertThat(read(id).get("runAt").textValue()).isEqualTo("2099-01-01T00:00:00.000000Z");
        operator.request()
                .post("/api/jobs/" + id + "/retry")
                .then()
                .statusCode(200)
                .body("state", equalTo("available"));
        awaitState(id, "completed");
    }

    @Test
    void aJobForSoonIsRunByItself() {
        var id = created(",\"runAt\":\"" + Instant.now().plusMillis(700) + "\"");
        assertThat(awaitState(id, "completed").get("attempt").intValue()).isEqualTo(1);
    }

    @Test
    void ofUnfinishedJobsThereIsOneUnderAKey() {
        var key = ",\"runAt\":\"2099-01-01T00:00:00Z\",\"uniqueKey\":\"" + name + "\"";
        var id = created(key);
        create(key).then().statusCode(200).body("id", equalTo(id));
        operator.request()
                .post("/api/jobs/" + id + "/cancel")
                .then()
                .statusCode(200)
                .body("state", equalTo("cancelled"));
        assertThat(created(key)).isNotEqualTo(id);
    }

    @Test
    void aJobThatIsAskedForWhileItRunsIsRunOnceMore() {
        var runs = new AtomicInteger();
        var first = new CopyOnWriteArrayList<UniEmitter<? super Object>>();
        kind.define(
                name,
                (payload, run) -> runs.incrementAndGet() == 1
                        ? Uni.createFrom().emitter(first::add)
                        : Uni.createFrom().item(2));
        var key = ",\"uniqueKey\":\"" + name + "\"";
        var id = created(key);
        await().until(() -> first.size() == 1);
        for (int i = 0; i < 3; i++) {
            create(key).then().statusCode(200).body("id", equalTo(id)).body("state", equalTo("running"));
        }
        first.get(0).complete(1);
        var done = awaitState(id, "completed");
        assertThat(done.get("result").intValue()).isEqualTo(2);
        assertThat(runs).hasValue(2);
    }

    @Test
    void aJobThatFailsIsTriedAgainAndKeepsTheErrorOfEachAttempt() {
        kind.define(name, (payload, run) -> {
            if (run.attempt() < 3) {
                throw new IllegalStateException("no " + run.attempt());
            }
            return Uni.createFrom().item(true);
        });
        var done = awaitState(created(""), "completed");
        assertThat(done.get("attempt").intValue()).isEqualTo(3);
        assertThat(words(done.get("errors"), "attempt")).containsExactly("1", "2");
        assertThat(words(done.get("errors"), "error"))
                .containsExactly("java.lang.IllegalStateException: no 1", "java.lang.IllegalStateException: no 2");
    }

    @Test
    void aJobThatTakesTooLongHasFailed() {
        kind.define(name, (payload, run) -> Uni.createFrom().nothing());
        var done = awaitState(created(",\"maxAttempts\":1"), "discarded");
        assertThat(done.at("/errors/0/error").textValue()).isEqualTo("took longer than 5000 ms");
    }

    @Test
    void aFailureForGoodIsNotTriedAgain() {
        kind.define(name, (payload, run) -> Uni.createFrom().failure(JobFailure.permanent("never", null)));
        var done = awaitState(created(""), "discarded");
        assertThat(done.get("attempt").intValue()).isEqualTo(1);
        assertThat(done.at("/errors/0/error").textValue()).isEqualTo("never");
    }

    @Test
    void aRefusalSaysHowLongToWait() {
        kind.define(
                name,
                (payload, run) -> Uni.createFrom().failure(JobFailure.notBefore("busy", null, Duration.ofHours(3))));
        var waiting = awaitState(created(""), "retryable");
        assertThat(Instant.parse(waiting.get("runAt").textValue()))
                .isAfter(Instant.now().plus(Duration.ofMinutes(170)));
    }

    @Test
    void aDeadLetterIsTriedAgainByItselfOrWithAllOfItsKind() {
        var fails = new AtomicInteger(3);
        kind.define(
                name,
                (payload, run) -> fails.getAndDecrement() > 0
                        ? Uni.createFrom().failure(new IllegalStateException("no"))
                        : Uni.createFrom().nullItem());
        var id = created(",\"maxAttempts\":1");
        awaitState(id, "discarded");
        operator.request()
                .post("/api/jobs/" + id + "/retry")
                .then()
                .statusCode(200)
                .body("state", equalTo("available"));
        await().until(() -> read(id).get("errors").size() == 2);
        awaitState(id, "discarded");
        operator.request().post("/api/jobs/retry?kind=test.named").then().statusCode(200);
        await().until(() -> read(id).get("errors").size() == 3);
        awaitState(id, "discarded");
        operator.request().post("/api/jobs/retry?kind=test.named").then().statusCode(200);
        awaitState(id, "completed");
        operator.request()
                .post("/api/jobs/" + id + "/retry")
                .then()
                .statusCode(409)
                .body("code", equalTo("job-not-retryable"));
        operator.request()
                .post("/api/jobs/retry?kind=nothing")
                .then()
                .statusCode(400)
                .body("violations.pointer", equalTo(List.of("?kind")));
    }

    @Test
    void aJobThatRunsIsCancelled() {
        var cancelled = new AtomicInteger();
        var begun = new AtomicInteger();
        kind.define(
                name,
                (payload, run) -> Uni.createFrom().emitter(emitter -> {
                    begun.incrementAndGet();
                    emitter.onTermination(cancelled::incrementAndGet);
                }));
        var id = created("");
        await().until(() -> begun.get() == 1);
        operator.request()
                .post("/api/jobs/" + id + "/cancel")
                .then()
                .statusCode(200)
                .body("state", equalTo("running"));
        awaitState(id, "cancelled");
        assertThat(cancelled).hasValue(1);
        operator.request()
                .post("/api/jobs/" + id + "/cancel")
                .then()
                .statusCode(409)
                .body("code", equalTo("job-finished"));
    }

    @Test
    void jobsAreListedByStateAndKindTheNewestFirst() {
        var ids = List.of(created(""), created(""), created(""));
        ids.forEach(id -> awaitState(id, "completed"));
        var first = Client.json(operator.request().get("/api/jobs?state=completed&kind=test.named&limit=2"));
        assertThat(first.get("items")).hasSize(2);
        assertThat(words(first.get("items"), "id")).containsExactly(ids.get(2), ids.get(1));
        var second = Client.json(operator.request()
                .get("/api/jobs?state=completed&kind=test.named&limit=2&after="
                        + first.get("next").textValue()));
        assertThat(second.at("/items/0/id").textValue()).isEqualTo(ids.get(0));
    }

    @Test
    void theSameRequestUnderAKeyIsAnsweredTheSameAndMakesOneJob() {
        var key = name;
        var body = "{\"kind\":\"test.named\",\"payload\":{\"name\":\"" + name + "\"}}";
        var first = operator.request(body).header("Idempotency-Key", key).post("/api/jobs");
        first.then().statusCode(202);
        var again = operator.request(body).header("Idempotency-Key", key).post("/api/jobs");
        again.then().statusCode(202).header("Idempotent-Replayed", "true").header("Location", first.header("Location"));
        assertThat(Client.json(again)).isEqualTo(Client.json(first));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"kind":"nothing","payload":{}}                                         | /kind       | unknown
            {"payload":{}}                                                          | /kind       | required
            {"kind":"queue.probe"}                                                  | /payload    | required
            {"kind":"queue.probe","payload":{"steps":1.5}}                          | /payload/steps | type
            {"kind":"queue.probe","payload":{"stairs":1}}                           | /payload/stairs | unknown-field
            {"kind":"queue.probe","payload":{},"priority":101}                      | /priority   | out-of-range
            {"kind":"queue.probe","payload":{},"runAt":"tomorrow"}                  | /runAt      | format
            {"kind":"queue.probe","payload":{},"maxAttempts":0}                     | /maxAttempts | out-of-range
            {"kind":"queue.probe","payload":{},"uniqueKey":" "}                     | /uniqueKey  | blank
            {"kind":"queue.probe","payload":{},"more":1}                            | /more       | unknown-field
            """)
    void whatIsWrongWithAJobIsSaid(String body, String pointer, String code) {
        operator.request(body)
                .post("/api/jobs")
                .then()
                .statusCode(400)
                .body("violations[0].pointer", equalTo(pointer))
                .body("violations[0].code", equalTo(code));
    }

    @Test
    void onlyCallableKindsAreCreatedByRequest() {
        operator.request("{\"kind\":\"test.single\",\"payload\":{\"name\":\"x\"}}")
                .post("/api/jobs")
                .then()
                .statusCode(403)
                .body("code", equalTo("job-kind-not-callable"));
    }

    @Test
    void jobsAreForOperators() {
        for (var role : List.of("viewer", "editor", "stock")) {
            var other = Client.of("carl", role);
            other.request().get("/api/jobs").then().statusCode(403);
            other.request("{}").post("/api/jobs").then().statusCode(403);
            other.request()
                    .post("/api/jobs/" + UUID.randomUUID() + "/cancel")
                    .then()
                    .statusCode(403);
        }
        operator.anonymous().get("/api/jobs").then().statusCode(401);
    }

    @Test
    void aJobThatThereIsNotIsNotFound() {
        for (var id : List.of(UUID.randomUUID().toString(), "x")) {
            operator.request().get("/api/jobs/" + id).then().statusCode(404).body("code", equalTo("job-not-found"));
            operator.request().post("/api/jobs/" + id + "/cancel").then().statusCode(404);
            operator.request().post("/api/jobs/" + id + "/retry").then().statusCode(404);
        }
        operator.request().get("/api/jobs?state=done").then().statusCode(400);
    }
}
