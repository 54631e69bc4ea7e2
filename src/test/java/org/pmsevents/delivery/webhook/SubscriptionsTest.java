package org.pmsevents.delivery.webhook;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.platform.periodic.Periodic;

@QuarkusTest
@TestProfile(SoonAgain.class)
class SubscriptionsTest {
    private static final Client OPERATOR = Client.of("olga", "operator");
    private static final String SUBSCRIPTIONS = "/api/subscriptions";

    private final Pool database;
    private final Periodic periodic;
    private final List<String> made = new ArrayList<>();
    private final Client stock = Client.of("stan", "editor", "stock");

    SubscriptionsTest(Pool database, Periodic periodic) {
        this.database = database;
        this.periodic = periodic;
    }

    @AfterEach
    void delete() {
        made.forEach(id -> OPERATOR.request().delete(SUBSCRIPTIONS + "/" + id));
    }

    /** A subscription of these SKUs; further members of the delivery are JSON with single quotes. */
    private JsonNode subscribe(Receiver receiver, String more, String... skus) {
        return subscribe(receiver.url(), more, skus);
    }

    private JsonNode subscribe(String url, String more, String... skus) {
        var created = create(url, more, skus);
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        var subscription = Client.json(created);
        made.add(subscription.get("id").textValue());
        return subscription;
    }

    private static Response create(String url, String more, String... skus) {
        return post(
                "",
                ("{'name':'test-" + UUID.randomUUID() + "','types':['inventory.updated'],'start':'now','subjects':['"
                        + String.join("','", skus) + "'],'delivery':{'kind':'webhook','url':'" + url + "'" + more
                        + "}}"));
    }

    private static Response post(String path, String body) {
        return OPERATOR.request(body.replace('\'', '"')).post(SUBSCRIPTIONS + path);
    }

    private static Response act(JsonNode subscription, String what) {
        var done = OPERATOR.request()
                .post(SUBSCRIPTIONS + "/" + subscription.get("id").textValue() + "/" + what);
        assertThat(done.statusCode()).as(done.asString()).isEqualTo(200);
        return done;
    }

    private static JsonNode read(JsonNode subscription) {
        return Client.json(OPERATOR.request()
                .get(SUBSCRIPTIONS + "/" + subscription.get("id").textValue()));
    }

    private static JsonNode attempts(JsonNode subscription) {
        return Client.json(OPERATOR.request()
                        .get(SUBSCRIPTIONS + "/" + subscription.get("id").textValue() + "/attempts"))
                .get("items");
    }

    private String[] newSkus(int count) {
        var skus = new String[count];
        for (int i = 0; i < count; i++) {
            skus[i] = Client.newSku("sub-");
            stock.create(skus[i]);
        }
        return skus;
    }

    private static List<Long> versions(Receiver receiver, String sku) {
        return receiver.arrivals().stream()
                .filter(event -> event.at("/metadata/subject").textValue().equals(sku))
                .map(event -> event.at("/payload/version").longValue())
                .toList();
    }

    private static void verify(String secret, Receiver.Call call) throws WebhookVerificationException {
        new com.standardwebhooks.Webhook(secret)
                .verify(call.body(), HttpHeaders.of(call.headers(), (name, value) -> true));
    }

    private void tick() {
        periodic.tick("subscriptions.work").await().atMost(Duration.ofSeconds(10));
    }

    @Test
    void anEventIsPostedAsItIsSignedAndTraced() {
        try (var receiver = new Receiver()) {
            var sku = newSkus(1)[0];
            var subscription = subscribe(receiver, "", sku);
            var secret = subscription.get("secret").textValue();
            assertThat(read(subscription).has("secret")).isFalse();

            stock.adjust(sku, 5);
            await().until(() -> receiver.calls().size() == 1);
            var call = receiver.calls().get(0);
            assertThatCode(() -> verify(secret, call)).doesNotThrowAnyException();
            var other = "whsec_" + "A".repeat(43) + "=";
            assertThatThrownBy(() -> verify(other, call)).isInstanceOf(WebhookVerificationException.class);
            var event = stock.events(0, sku, 2).get(1);
            assertThat(call.json()).isEqualTo(event);
            assertThat(call.header("webhook-id"))
                    .isEqualTo(event.at("/metadata/id").textValue());
            assertThat(call.header("traceparent"))
                    .contains(event.at("/metadata/traceId").textValue());
            assertThat(call.header("feed-position"))
                    .endsWith(":" + event.at("/metadata/position").longValue());

            await().until(() -> attempts(subscription).size() == 1);
            var attempt = attempts(subscription).get(0);
            assertThat(attempt.get("status").intValue()).isEqualTo(200);
            assertThat(attempt.get("webhookId").textValue()).isEqualTo(call.header("webhook-id"));
            await().until(() -> read(subscription).get("lastSuccessAt").isTextual());
            assertThat(read(subscription).get("held").intValue()).isZero();
        }
    }

    @Test
    void eachSkuIsInOrderThoughTheReceiverFailsAtRandom() {
        var random = new Random(7);
        try (var receiver = new Receiver()) {
            receiver.answers((call, request) -> request.response()
                    .setStatusCode(random.nextInt(10) < 3 ? 500 : 204)
                    .end());
            var skus = newSkus(5);
            subscribe(receiver, ",'lanes':4", skus);
            for (int i = 0; i < 10; i++) {
                for (var sku : skus) {
                    stock.adjust(sku, 1);
                }
            }
            var taken = ConcurrentHashMap.<String>newKeySet();
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> receiver.arrivals().size() == 50);
            for (var sku : skus) {
                assertThat(versions(receiver, sku)).hasSize(10).isSorted();
            }
            assertThat(taken).isEmpty();
            // an event that was tried twice had the same id
            receiver.calls()
                    .forEach(call -> assertThat(call.header("webhook-id"))
                            .isEqualTo(call.json().at("/metadata/id").textValue()));
        }
    }

    @Test
    void aPoisonEventHoldsUpItsOwnSkuOnlyAndIsNamed() {
        try (var receiver = new Receiver()) {
            var skus = newSkus(2);
            receiver.answers((call, request) -> request.response()
                    .setStatusCode(call.body().contains(skus[0]) ? 422 : 200)
                    .end("no such article"));
            var subscription = subscribe(receiver, ",'lanes':1", skus);
            stock.adjust(skus[0], 1);
            stock.adjust(skus[0], 1);
            for (int i = 0; i < 5; i++) {
                stock.adjust(skus[1], 1);
            }
            await().until(() -> versions(receiver, skus[1]).size() == 5);
            assertThat(versions(receiver, skus[0])).hasSize(1);
            await().until(() -> read(subscription).get("held").intValue() == 2);
            var failed = new ArrayList<JsonNode>();
            attempts(subscription).forEach(failed::add);
            assertThat(failed).anySatisfy(attempt -> {
                assertThat(attempt.get("status").intValue()).isEqualTo(422);
                assertThat(attempt.get("answer").textValue()).isEqualTo("no such article");
            });

            receiver.answers(200);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> versions(receiver, skus[0]).size() == 2);
            await().until(() -> read(subscription).get("held").intValue() == 0);
        }
    }

    @Test
    void aBatchIsAnArrayWithOneId() {
        try (var receiver = new Receiver()) {
            var skus = newSkus(3);
            var first = ConcurrentHashMap.<String>newKeySet();
            receiver.answers((call, request) -> request.response()
                    .setStatusCode(first.add(call.header("webhook-id")) ? 503 : 200)
                    .end());
            var subscription = subscribe(receiver, ",'batch':10,'lanes':2,'format':'cloudevents'", skus);
            act(subscription, "pause");
            for (var sku : skus) {
                stock.adjust(sku, 1);
                stock.adjust(sku, 1);
            }
            act(subscription, "resume");
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> receiver.calls().stream()
                                    .mapToInt(call -> call.json().size())
                                    .sum()
                            >= 12);
            for (var call : receiver.calls()) {
                assertThat(call.header("content-type")).startsWith("application/cloudevents-batch+json");
                var events = call.json();
                var ids = events.get(0).get("id").textValue();
                var last = events.get(events.size() - 1).get("id").textValue();
                assertThat(call.header("webhook-id")).isEqualTo(events.size() == 1 ? ids : ids + "_" + last);
                assertThat(events.get(0).get("specversion").textValue()).isEqualTo("1.0");
                assertThat(events.get(0).get("type").textValue()).isEqualTo("org.pmsevents.inventory.updated");
                assertThat(skus).contains(events.get(0).get("subject").textValue());
                assertThat(events.get(0).get("sequence").textValue()).hasSize(20);
                assertThat(events.get(0).at("/data/payload/delta").intValue()).isEqualTo(1);
            }
        }
    }

    @Test
    void whatHappensWhileItIsPausedComesWhenItIsResumedAndAReplaySendsAgain() {
        try (var receiver = new Receiver()) {
            var sku = newSkus(1)[0];
            var subscription = subscribe(receiver, "", sku);
            long before = stock.head();
            stock.adjust(sku, 1);
            await().until(() -> receiver.calls().size() == 1);
            assertThat(Client.json(act(subscription, "pause")).get("state").textValue())
                    .isEqualTo("paused");
            tick();
            stock.adjust(sku, 1);
            tick();
            assertThat(receiver.calls()).hasSize(1);
            act(subscription, "resume");
            await().until(() -> receiver.calls().size() == 2);

            var path = "/" + subscription.get("id").textValue() + "/replay";
            var epoch = read(subscription).get("cursor").textValue().split(":")[0];
            var replayed = post(path, "{'after':'" + epoch + ":" + before + "'}");
            assertThat(replayed.statusCode()).as(replayed.asString()).isEqualTo(200);
            await().until(() -> receiver.calls().size() == 4);
            assertThat(post(path, "{'after':'" + new UUID(0, 1) + ":1'}").statusCode())
                    .isEqualTo(410);
            assertThat(Client.json(post(path, "{'after':'99999999999'}"))
                            .get("code")
                            .textValue())
                    .isEqualTo("position-unknown");

            var audit = Client.json(OPERATOR.request().get(SUBSCRIPTIONS + "/audit?limit=4"))
                    .get("items");
            assertThat(audit)
                    .extracting(entry -> entry.get("change").textValue())
                    .containsExactly("replayed", "resumed", "paused", "created");
            assertThat(audit)
                    .allSatisfy(
                            entry -> assertThat(entry.get("actor").textValue()).isEqualTo("olga"));
        }
    }

    @Test
    void goneDisablesAndAnAlertSaysSo() {
        try (var receiver = new Receiver().answers(410)) {
            var sku = newSkus(1)[0];
            var subscription = subscribe(receiver, "", sku);
            stock.adjust(sku, 1);
            await().until(() -> read(subscription).get("state").textValue().equals("disabled"));
            assertThat(read(subscription).get("reason").textValue()).isEqualTo("gone");
            periodic.tick("subscriptions.watch").await().atMost(Duration.ofSeconds(10));
            assertThat(database.preparedQuery("SELECT 1 FROM alert WHERE key = $1")
                            .executeAndAwait(Tuple.of("subscription-disabled:"
                                    + subscription.get("name").textValue()))
                            .size())
                    .isEqualTo(1);
            receiver.answers(200);
            act(subscription, "resume");
            await().until(() ->
                    versions(receiver, sku).size() == 1 && receiver.calls().size() == 2);
        }
    }

    @Test
    void a429IsHonouredForAllSkus() {
        try (var receiver = new Receiver()) {
            var skus = newSkus(2);
            receiver.answers((call, request) -> request.response()
                    .setStatusCode(429)
                    .putHeader("Retry-After", "3600")
                    .end());
            var subscription = subscribe(receiver, ",'lanes':1", skus);
            stock.adjust(skus[0], 1);
            await().until(() -> attempts(subscription).size() == 1);
            stock.adjust(skus[1], 1);
            tick();
            tick();
            assertThat(receiver.calls()).hasSize(1);
        }
    }

    @Test
    void whatARefusingReceiverDoesIsTold() {
        var sku = newSkus(1)[0];
        try (var receiver = new Receiver()) {
            var subscription = subscribe(receiver, "", sku);
            receiver.answers((call, request) -> request.response()
                    .setStatusCode(302)
                    .putHeader("Location", "http://127.0.0.1:" + receiver.port() + "/elsewhere")
                    .end());
            var tested = Client.json(act(subscription, "test"));
            assertThat(tested.get("delivered").booleanValue()).isFalse();
            assertThat(tested.get("status").intValue()).isEqualTo(302);
            assertThat(receiver.calls()).hasSize(1);

            receiver.answers((call, request) -> request.connection().close());
            assertThat(Client.json(act(subscription, "test")).get("error").textValue())
                    .startsWith("No answer");

            receiver.answers((call, request) -> {
                var response = request.response().setChunked(true);
                endless(response);
            });
            var endless = Client.json(act(subscription, "test"));
            assertThat(endless.get("delivered").booleanValue()).isTrue();
            assertThat(endless.get("answer").textValue()).hasSize(1_024);

            // neither the whole answer nor its end ever comes
            receiver.answers((call, request) ->
                    request.response().setChunked(true).setStatusCode(500).write("."));
            var drip = Client.json(act(subscription, "test"));
            assertThat(drip.get("status").intValue()).isEqualTo(500);
            assertThat(drip.get("millis").longValue()).isBetween(14_000L, 17_000L);
        }
    }

    private static void endless(io.vertx.core.http.HttpServerResponse response) {
        response.write("x".repeat(500)).onSuccess(more -> endless(response));
    }

    @Test
    void aReceiverOnThisMachineIsReachedOnlyWhereItIsAllowed() {
        var sku = newSkus(1)[0];
        // the tests allow 127.0.0.0/8
        for (var url : List.of(
                "https://10.0.0.1/",
                "https://169.254.169.254/",
                "http://93.184.216.34/",
                "ftp://127.0.0.1/",
                "https://0x7f000001/")) {
            var refused = create(url, "", sku);
            assertThat(refused.statusCode()).as(url).isEqualTo(400);
            assertThat(Client.json(refused).at("/violations/0/pointer").textValue())
                    .isEqualTo("/delivery/url");
        }
    }

    @Test
    void whileASecretIsRotatedBothSign() {
        try (var receiver = new Receiver()) {
            var sku = newSkus(1)[0];
            var subscription = subscribe(receiver, "", sku);
            var rotated = Client.json(act(subscription, "rotate-secret"));
            assertThat(rotated.get("secret")).isNotEqualTo(subscription.get("secret"));
            act(subscription, "test");
            var call = receiver.calls().get(0);
            for (var secret : List.of(subscription, rotated)) {
                assertThatCode(() -> verify(secret.get("secret").textValue(), call))
                        .doesNotThrowAnyException();
            }
        }
    }

    @Test
    void deadReceiversHoldUpNobody() {
        try (var receiver = new Receiver();
                var hanging = new Receiver()) {
            hanging.answers((call, request) -> {});
            var sku = newSkus(1)[0];
            for (int i = 0; i < 10; i++) {
                subscribe(hanging, "", sku);
                subscribe("http://127.0.0.1:1/", "", sku);
            }
            var good = subscribe(receiver, "", sku);
            for (int i = 0; i < 5; i++) {
                stock.adjust(sku, 1);
            }
            await().until(() -> versions(receiver, sku).size() == 5);
            await().until(() -> read(good).get("lag").longValue() == 0);
        }
    }

    @Test
    void aRequestIsReadStrictlyAndMadeOnce() {
        var bad = post(
                "",
                "{'name':'-','types':['inventory.nothing'],'subjects':[],'start':'tomorrow','more':1,'delivery':{'kind':'pigeon'}}");
        assertThat(bad.statusCode()).isEqualTo(400);
        var pointers = new HashSet<String>();
        Client.json(bad)
                .get("violations")
                .forEach(each -> pointers.add(each.get("pointer").textValue()));
        assertThat(pointers).isEqualTo(Set.of("/name", "/types", "/subjects", "/start", "/more", "/delivery/kind"));
        assertThat(OPERATOR.request().get(SUBSCRIPTIONS + "/" + new UUID(0, 1)).statusCode())
                .isEqualTo(404);
        assertThat(OPERATOR.request()
                        .header("If-Match", "\"1\"")
                        .delete(SUBSCRIPTIONS + "/none")
                        .statusCode())
                .isEqualTo(404);

        var sku = newSkus(1)[0];
        var body = "{\"name\":\"once-" + UUID.randomUUID() + "\",\"types\":[\"*\"],\"subjects\":[\"" + sku
                + "\"],\"start\":\"now\",\"delivery\":{\"kind\":\"pull\"}}";
        var key = UUID.randomUUID().toString();
        var first = OPERATOR.request(body).header("Idempotency-Key", key).post(SUBSCRIPTIONS);
        var second = OPERATOR.request(body).header("Idempotency-Key", key).post(SUBSCRIPTIONS);
        assertThat(first.statusCode()).as(first.asString()).isEqualTo(201);
        assertThat(second.statusCode()).isEqualTo(201);
        assertThat(Client.json(second).get("id")).isEqualTo(Client.json(first).get("id"));
        made.add(Client.json(first).get("id").textValue());
        assertThat(first.header("Location"))
                .endsWith(Client.json(first).get("id").textValue());
        assertThat(post("", body).statusCode()).isEqualTo(409);

        var path = SUBSCRIPTIONS + "/" + Client.json(first).get("id").textValue();
        var patched = given().spec(OPERATOR.request())
                .contentType("application/merge-patch+json")
                .body("{\"subjects\":null,\"changed\":[\"price\"]}")
                .patch(path);
        assertThat(patched.statusCode()).as(patched.asString()).isEqualTo(200);
        assertThat(Client.json(patched).get("subjects").isNull()).isTrue();
        assertThat(Client.json(patched).at("/changed/0").textValue()).isEqualTo("price");
    }

    @Test
    void kafkaIsRefusedWhereNoClusterIsNamed() {
        var refused =
                post("", "{'name':'kafka','types':['*'],'start':'now','delivery':{'kind':'kafka','topic':'stock'}}");
        assertThat(refused.statusCode()).isEqualTo(400);
        var violations = Client.json(refused).get("violations");
        assertThat(violations).hasSize(1);
        assertThat(violations.at("/0/pointer").textValue()).isEqualTo("/delivery/kind");
        assertThat(violations.at("/0/code").textValue()).isEqualTo("not-configured");
        assertThat(violations.at("/0/detail").textValue()).contains("KAFKA_BOOTSTRAP_SERVERS");
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .noneMatch(name -> name.contains("kafka-producer-network-thread"));
    }

    @Test
    void eventsThatRetentionDeletesDisable() {
        var sku = newSkus(1)[0];
        var subscription = subscribe("http://127.0.0.1:1/", "", sku);
        act(subscription, "pause");
        stock.adjust(sku, 1);
        var id = UUID.fromString(subscription.get("id").textValue());
        // in a transaction that is undone: others need the events
        var connection = database.getConnectionAndAwait();
        try {
            connection.query("BEGIN").executeAndAwait();
            connection
                    .query("UPDATE handler_cursor SET position = (SELECT head FROM feed_head)")
                    .executeAndAwait();
            connection.query("SELECT prune_events(0, 1000000, 1000000)").executeAndAwait();
            assertThat(state(connection, id)).containsEntry("state", "paused");
            connection.query("SELECT prune_events(0, 0, 1000000)").executeAndAwait();
            assertThat(state(connection, id))
                    .containsEntry("state", "disabled")
                    .containsEntry("reason", "position-expired");
        } finally {
            connection.query("ROLLBACK").executeAndAwait();
            connection.closeAndAwait();
        }
    }

    @Test
    void whoLacksAHeldEventIsNotResumedAndNotDelivered() {
        try (var receiver = new Receiver()) {
            var sku = newSkus(1)[0];
            var subscription = subscribe(receiver, "", sku);
            var id = UUID.fromString(subscription.get("id").textValue());
            act(subscription, "pause");
            tick();
            // no event has this position
            database.preparedQuery("INSERT INTO subscription_held (subscription, position) VALUES ($1, 0)")
                    .executeAndAwait(Tuple.of(id));
            var refused = OPERATOR.request().post(SUBSCRIPTIONS + "/" + id + "/resume");
            assertThat(refused.statusCode()).isEqualTo(410);
            assertThat(Client.json(refused).get("code").textValue()).isEqualTo("position-expired");

            database.preparedQuery("UPDATE subscription SET state = 'active' WHERE id = $1")
                    .executeAndAwait(Tuple.of(id));
            await().until(() -> read(subscription).get("state").textValue().equals("disabled"));
            assertThat(read(subscription).get("reason").textValue()).isEqualTo("position-expired");

            assertThat(post("/" + id + "/replay", "{'after':'oldest'}").statusCode())
                    .isEqualTo(200);
            act(subscription, "resume");
            stock.adjust(sku, 1);
            await().until(() -> !versions(receiver, sku).isEmpty());
        }
    }

    @Test
    void aChangeEndsTheLeaseOfWhoGoesByTheFormerFilter() {
        try (var receiver = new Receiver()) {
            var sku = newSkus(1)[0];
            var subscription = subscribe(receiver, "", sku);
            var id = UUID.fromString(subscription.get("id").textValue());
            database.preparedQuery(
                            "UPDATE subscription SET token = 70, owner = 'other', lease_until = 'infinity' WHERE id = $1")
                    .executeAndAwait(Tuple.of(id));
            tick();
            var patched = given().spec(OPERATOR.request())
                    .contentType("application/merge-patch+json")
                    .body("{\"locations\":[\"nowhere\"]}")
                    .patch(SUBSCRIPTIONS + "/" + id);
            assertThat(patched.statusCode()).as(patched.asString()).isEqualTo(200);
            await().until(() -> database.preparedQuery(
                                    "SELECT 1 FROM subscription WHERE id = $1 AND token > 71 AND owner <> 'other'")
                            .executeAndAwait(Tuple.of(id))
                            .size()
                    == 1);
        }
    }

    @Test
    void subscriptionsOfOneServerDoNotWaitForEachOther() {
        try (var receiver = new Receiver()) {
            var open = new java.util.concurrent.ConcurrentLinkedQueue<io.vertx.core.http.HttpServerRequest>();
            receiver.answers((call, request) -> open.add(request));
            var skus = List.of(newSkus(10), newSkus(10));
            skus.forEach(some -> subscribe(receiver, ",'lanes':16", some));
            skus.forEach(some -> List.of(some).forEach(sku -> stock.adjust(sku, 1)));
            await().until(() -> open.size() == 20);
            receiver.answers(200);
            open.forEach(request -> request.response().end());
        }
    }

    @Test
    void aNewEpochSetsCursorsBackAndACopyDeliversNothing() {
        var sku = newSkus(1)[0];
        var subscription = subscribe("http://127.0.0.1:1/", "", sku);
        var id = UUID.fromString(subscription.get("id").textValue());
        act(subscription, "pause");
        tick();
        var connection = database.getConnectionAndAwait();
        try {
            connection.query("BEGIN").executeAndAwait();
            connection.query("UPDATE feed_head SET head = head - 1").executeAndAwait();
            connection.query("SELECT renew_feed(true)").executeAndAwait();
            var state = state(connection, id);
            assertThat(state).containsEntry("state", "paused").containsEntry("reason", "feed-restarted");
            connection.query("SELECT renew_feed(false)").executeAndAwait();
            assertThat(state(connection, id)).containsEntry("state", "disabled").containsEntry("reason", "feed-copied");
        } finally {
            connection.query("ROLLBACK").executeAndAwait();
            connection.closeAndAwait();
        }
    }

    private static Map<String, String> state(io.vertx.mutiny.sqlclient.SqlConnection connection, UUID id) {
        var row = connection
                .preparedQuery("SELECT state, coalesce(reason, '') AS reason FROM subscription WHERE id = $1")
                .executeAndAwait(Tuple.of(id))
                .iterator()
                .next();
        return Map.of("state", row.getString("state"), "reason", row.getString("reason"));
    }

    @Test
    void pullingGivesAgainWhatIsNotAcknowledged() {
        var sku = newSkus(1)[0];
        var made = post(
                "",
                "{'name':'pull-" + UUID.randomUUID() + "','types':['inventory.updated'],'start':'now','subjects':['"
                        + sku + "'],'delivery':{'kind':'pull'}}");
        var subscription = Client.json(made);
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        this.made.add(subscription.get("id").textValue());
        assertThat(subscription.get("secret").isNull()).isTrue();
        var path = "/" + subscription.get("id").textValue();
        assertThat(post(path + "/pull", "{}").asString()).isEqualTo("{\"items\":[],\"ack\":null}");

        for (int i = 0; i < 3; i++) {
            stock.adjust(sku, 1);
        }
        await().until(() -> stock.events(0, sku).size() == 4);
        var pulled = Client.json(post(path + "/pull", "{'max':2}"));
        assertThat(pulled.get("items")).hasSize(2);
        var elsewhere = post(path + "/pull", "{}");
        assertThat(elsewhere.statusCode()).isEqualTo(409);
        assertThat(Client.json(elsewhere).get("code").textValue()).isEqualTo("pulled-elsewhere");
        assertThat(Integer.parseInt(elsewhere.header("Retry-After"))).isBetween(1, 61);

        // the consumer has died: its lease ends
        database.preparedQuery("UPDATE subscription SET lease_until = now() WHERE id = $1")
                .executeAndAwait(Tuple.of(UUID.fromString(subscription.get("id").textValue())));
        var again = Client.json(post(path + "/pull", "{'max':2}"));
        assertThat(again.get("items")).isEqualTo(pulled.get("items"));
        var late = post(path + "/ack", "{'ack':'" + pulled.get("ack").textValue() + "'}");
        assertThat(Client.json(late).get("code").textValue()).isEqualTo("ack-expired");
        var ack = "{'ack':'" + again.get("ack").textValue() + "'}";
        assertThat(post(path + "/ack", ack).statusCode()).isEqualTo(204);
        assertThat(post(path + "/ack", ack).statusCode()).isEqualTo(204);
        var rest = Client.json(post(path + "/pull", "{}"));
        assertThat(rest.get("items")).hasSize(1);
        assertThat(post(path + "/ack", "{'ack':'" + rest.get("ack").textValue() + "'}")
                        .statusCode())
                .isEqualTo(204);

        // one that waits is woken
        var waiting =
                java.util.concurrent.CompletableFuture.supplyAsync(() -> post(path + "/pull", "{'waitSeconds':30}"));
        await().until(() -> database.preparedQuery("SELECT 1 FROM subscription WHERE id = $1 AND lease_until > now()")
                        .executeAndAwait(
                                Tuple.of(UUID.fromString(subscription.get("id").textValue())))
                        .size()
                == 1);
        assertThat(post(path + "/pull", "{}").statusCode()).isEqualTo(409);
        stock.adjust(sku, 1);
        assertThat(Client.json(waiting.join()).get("items")).hasSize(1);
        assertThat(OPERATOR.request().post(SUBSCRIPTIONS + path + "/test").statusCode())
                .isEqualTo(409);
    }
}
