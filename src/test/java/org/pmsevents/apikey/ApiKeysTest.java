package org.pmsevents.apikey;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.EventStream;
import org.pmsevents.delivery.websocket.LiveSocket;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.pms.webhook.Signatures;

@QuarkusTest
class ApiKeysTest {
    private static final Client ADMIN = Client.of("ada", "admin");

    private final Periodic periodic;
    private final MeterRegistry meters;
    private final Pool database;

    @TestHTTPResource("/")
    URI server;

    ApiKeysTest(Periodic periodic, MeterRegistry meters, Pool database) {
        this.periodic = periodic;
        this.meters = meters;
        this.database = database;
    }

    private static String newName() {
        return "test-" + UUID.randomUUID();
    }

    /** Makes a key; further fields are JSON with single quotes. */
    private static JsonNode make(String name, String role, String more) {
        var made = create(name, role, more);
        assertThat(made.statusCode()).as(made.asString()).isEqualTo(201);
        return Client.json(made);
    }

    private static Response create(String name, String role, String more) {
        return ADMIN.request(body(name, role, more)).post("/api/keys");
    }

    private static String body(String name, String role, String more) {
        return ("{'name':'" + name + "','roles':['" + role + "']" + more + "}").replace('\'', '"');
    }

    private static RequestSpecification with(String key) {
        return given().header("Authorization", "Bearer " + key);
    }

    private static RequestSpecification with(String key, String json) {
        return with(key).contentType("application/json").body(json.replace('\'', '"'));
    }

    private static int status(String key) {
        return with(key).get("/api/events?limit=1").statusCode();
    }

    private static Response revoke(String id) {
        return ADMIN.request().delete("/api/keys/" + id);
    }

    private double lookUps() {
        return meters.counter("pms.keys.lookups").count();
    }

    @Test
    void aKeyOpensWhatItsRolesAllowAndItsNameIsTheActor() {
        var name = newName();
        var made = make(name, "stock", "");
        var key = made.get("key").textValue();
        assertThat(key)
                .matches("pmse_[0-9a-z]{12}[A-Za-z0-9_-]{43}")
                .startsWith("pmse_" + made.get("id").textValue());
        assertThat(made.get("createdBy").textValue()).isEqualTo("ada");
        assertThat(made.get("locations").isNull()).isTrue();

        var sku = Client.newSku("key-");
        Client.editor().create(sku);
        var adjusted = with(key, "{'delta':5,'reason':'receipt'}").post(Client.stockPath(sku) + "/adjustments");
        assertThat(adjusted.statusCode()).as(adjusted.asString()).isEqualTo(200);
        assertThat(Client.json(with(key).get(Client.stockPath(sku) + "/movements"))
                        .at("/items/0/actor")
                        .textValue())
                .isEqualTo("key:" + name);
        with(key, Client.product(Client.newSku("key-")))
                .post("/api/products")
                .then()
                .statusCode(403);
        with(key).get("/api/keys").then().statusCode(403);
        assertThat(Client.json(with(key).get("/api/me")))
                .isEqualTo(Client.json("{\"actor\":\"key:" + name
                        + "\",\"roles\":[\"viewer\",\"stock\"],\"locations\":null,\"validUntil\":null}"));
        assertThat(Client.json(ADMIN.request().get("/api/me")).get("actor").textValue())
                .isEqualTo("ada");
    }

    @Test
    void aKeyInUseCostsNoQueryAndWhatIsNoKeyNeither() {
        var key = make(newName(), "viewer", "").get("key").textValue();
        assertThat(status(key)).isEqualTo(200);
        var other = key.substring(0, key.length() - 20) + "A".repeat(20);
        double before = lookUps();
        for (int i = 0; i < 20; i++) {
            assertThat(status(key)).isEqualTo(200);
            assertThat(status(other)).isEqualTo(401);
            assertThat(status(key.substring(0, 40))).isEqualTo(401);
        }
        assertThat(lookUps()).isEqualTo(before);
    }

    @Test
    void whyAKeyIsRefusedIsSaidButNotWhetherItsIdExists() {
        var key = make(newName(), "viewer", "").get("key").textValue();
        var reasons = new ArrayList<String>();
        for (var wrong : List.of(
                key.substring(0, 50),
                key.substring(0, 17) + "A".repeat(43),
                "pmse_" + "0".repeat(12) + "A".repeat(43))) {
            var refused = with(wrong).get("/api/products");
            refused.then().statusCode(401);
            assertThat(refused.getHeader("WWW-Authenticate")).startsWith("Bearer error=\"invalid_token\"");
            assertThat(refused.asString()).doesNotContain(wrong);
            reasons.add(Client.json(refused).at("/reasons/0").textValue());
        }
        assertThat(reasons).containsExactly("key-format", "key-unknown", "key-unknown");
    }

    @Test
    void ofAKeyOnlyItsHashIsStored() {
        var name = newName();
        var key = make(name, "viewer", "").get("key").textValue();
        var row = get(database.preparedQuery(
                                "SELECT k::text || c::text AS stored FROM api_key k JOIN api_key_change c ON c.key_id = k.id"
                                        + " WHERE k.name = $1")
                        .execute(Tuple.of(name)))
                .iterator()
                .next()
                .getString("stored");
        assertThat(row).contains(key.substring(5, 17)).doesNotContain(key.substring(17));
    }

    @Test
    void aRevokedKeyIsRefusedAndWhatItHasOpenedIsClosed() throws Exception {
        var made = make(newName(), "viewer", "");
        var key = made.get("key").textValue();
        var other = make(newName(), "viewer", "").get("key").textValue();
        try (var socket = LiveSocket.openWith(server.resolve("/ws"), "", key);
                var stays = LiveSocket.openWith(server.resolve("/ws"), "", other);
                var stream = EventStream.openWith(server, "", "", key)) {
            socket.subscribe("1", "product.*").next("subscribed");
            await().until(() -> !stream.blocks.isEmpty());

            revoke(made.get("id").textValue()).then().statusCode(204);

            assertThat(status(key)).isEqualTo(401);
            assertThat(socket.closed().code()).isEqualTo(1008);
            assertThat(socket.closed().reason()).contains("revoked");
            await().until(stream::hasEnded);
            assertThat(stream.blocks).last().satisfies(block -> {
                assertThat(block.event()).isEqualTo("closed");
                assertThat(block.data()).contains("\"code\":\"key-revoked\"");
            });
            stays.subscribe("1", "product.*").next("subscribed");
        }
        revoke(made.get("id").textValue()).then().statusCode(404);
    }

    /** As on another replica, or with a script. */
    @Test
    void aKeyThatIsGoneFromTheDatabaseIsNoticedByThePoll() throws Exception {
        var made = make(newName(), "viewer", "");
        var key = made.get("key").textValue();
        try (var socket = LiveSocket.openWith(server.resolve("/ws"), "", key)) {
            socket.subscribe("1", "product.*").next("subscribed");
            assertThat(status(key)).isEqualTo(200);

            get(database.preparedQuery("DELETE FROM api_key WHERE id = $1")
                    .execute(Tuple.of(made.get("id").textValue())));
            get(periodic.tick("keys.poll"));

            assertThat(status(key)).isEqualTo(401);
            assertThat(socket.closed().code()).isEqualTo(1008);
        }
    }

    @Test
    void aKeyThatExpiresClosesTheWebSocketThatItHasOpened() throws Exception {
        var key = make(newName(), "viewer", ",'expiresAt':'" + Instant.now().plusSeconds(5) + "'")
                .get("key")
                .textValue();
        try (var socket = LiveSocket.openWith(server.resolve("/ws"), "", key)) {
            socket.subscribe("1", "product.*").next("subscribed");
            assertThat(socket.closed().code()).isEqualTo(1008);
        }
        assertThat(status(key)).isEqualTo(401);
    }

    @Test
    void anExpiredKeyIsRefused() {
        var made = make(newName(), "viewer", ",'expiresAt':'" + Instant.now().plusSeconds(3_600) + "'");
        var key = made.get("key").textValue();
        get(database.preparedQuery("UPDATE api_key SET expires_at = now() - interval '1 second' WHERE id = $1")
                .execute(Tuple.of(made.get("id").textValue())));
        var refused = with(key).get("/api/products");
        refused.then().statusCode(401);
        assertThat(Client.json(refused).at("/reasons/0").textValue()).isEqualTo("expired");
        assertThat(create(newName(), "viewer", ",'expiresAt':'2020-01-01T00:00:00Z'")
                        .statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST {stock}/adjustments {'delta':1,'reason':'receipt','location':'%s'}",
                "PUT {stock} {'onHand':3,'reason':'count','location':'%s'}",
                "PUT {stock}/threshold {'threshold':3,'location':'%s'}",
                "POST /api/inventory/adjustments"
                        + " {'lines':[{'sku':'{sku}','delta':1,'reason':'receipt','location':'north'},"
                        + "{'sku':'{sku}','delta':1,'reason':'receipt','location':'%s'}]}",
                "PUT /api/locations/%s {'backorders':false}"
            })
    void aBoundedKeyWritesAtItsLocationsOnly(String call) {
        var key = make(newName(), "stock", ",'locations':['north','south']")
                .get("key")
                .textValue();
        var sku = Client.newSku("bound-");
        Client.editor().create(sku);
        for (var location : List.of("north", "south", "west", "main")) {
            var parts = call.formatted(location)
                    .replace("{stock}", Client.stockPath(sku))
                    .replace("{sku}", sku)
                    .split(" ", 3);
            var answer = with(key, parts[2]).request(parts[0], parts[1]);
            if (location.equals("west") || location.equals("main")) {
                assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(403);
                var problem = Client.json(answer);
                assertThat(problem.get("code").textValue()).isEqualTo("location-not-allowed");
                assertThat(problem.get("locations"))
                        .extracting(JsonNode::textValue)
                        .containsExactly("north", "south");
                assertThat(with(key)
                                .queryParam("location", location)
                                .get(Client.stockPath(sku))
                                .statusCode())
                        .as("reading")
                        .isIn(200, 404);
            } else {
                assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
            }
        }
        int lines = call.contains("'lines'") ? 3 : call.contains("'delta'") ? 1 : 0;
        if (lines > 0) {
            var stock = Client.json(with(key).queryParam("location", "north").get(Client.stockPath(sku)));
            assertThat(stock.get("onHand").intValue()).isEqualTo(lines);
        }
    }

    /** The default location is one as any other. */
    @Test
    void aBoundedKeyNamesItsLocation() {
        var key = make(newName(), "stock", ",'locations':['north']").get("key").textValue();
        var sku = Client.newSku("bound-");
        Client.editor().create(sku);
        var answer = with(key, "{'delta':1,'reason':'receipt'}").post(Client.stockPath(sku) + "/adjustments");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.asString()).contains("location-not-allowed", "main");
    }

    @Test
    void aBoundedKeyResolvesUnknownSkusOfItsLocationsOnly() {
        var unknown = Client.newSku("nobody-");
        var counts = "{\"lines\":[{\"sku\":\"" + unknown + "\",\"location\":\"west\",\"onHand\":7}]}";
        long now = Instant.now().getEpochSecond();
        given().contentType("application/json")
                .header("webhook-id", unknown)
                .header("webhook-timestamp", now)
                .header("webhook-signature", Signatures.of(unknown, now, counts))
                .body(counts)
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(200);
        var id = get(database.preparedQuery("SELECT id FROM unknown_sku WHERE sku = $1")
                        .execute(Tuple.of(unknown)))
                .iterator()
                .next()
                .getUUID("id");
        var sku = Client.newSku("known-");
        Client.editor().create(sku);
        for (var location : List.of("north", "west")) {
            var key = make(newName(), "stock", ",'locations':['" + location + "']")
                    .get("key")
                    .textValue();
            var answer = with(key, "{'sku':'" + sku + "'}").post("/api/pms/unknown-skus/" + id + "/resolve");
            assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(location.equals("west") ? 200 : 403);
        }
    }

    @Test
    void aBoundedAdminMakesNoKeyForEverywhere() {
        var bounded =
                make(newName(), "admin", ",'locations':['north']").get("key").textValue();
        var refused = with(bounded, body(newName(), "stock", "")).post("/api/keys");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.asString()).contains("location-not-allowed");
        with(bounded, body(newName(), "stock", ",'locations':['north']"))
                .post("/api/keys")
                .then()
                .statusCode(201);
    }

    @Test
    void aNameIsGivenOnceAtATime() {
        var name = newName();
        var id = make(name, "viewer", "").get("id").textValue();
        var taken = create(name, "viewer", "");
        assertThat(taken.statusCode()).isEqualTo(409);
        assertThat(Client.json(taken).get("code").textValue()).isEqualTo("key-name-taken");
        revoke(id).then().statusCode(204);
        make(name, "viewer", "");
    }

    @Test
    void aRepeatMakesNoSecondKeyAndDoesNotShowTheFirst() {
        var name = newName();
        var repeated = UUID.randomUUID().toString();
        var first = ADMIN.request(body(name, "viewer", ""))
                .header("Idempotency-Key", repeated)
                .post("/api/keys");
        var second = ADMIN.request(body(name, "viewer", ""))
                .header("Idempotency-Key", repeated)
                .post("/api/keys");
        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(second.statusCode()).isEqualTo(201);
        assertThat(second.getHeader("Idempotent-Replayed")).isEqualTo("true");
        assertThat(Client.json(first).get("key").isTextual()).isTrue();
        assertThat(Client.json(second).get("key").isNull()).isTrue();
        assertThat(Client.json(second).get("id")).isEqualTo(Client.json(first).get("id"));
    }

    @Test
    void theListHasEveryKeyByNameWithItsLastUseAndNoSecret() {
        var name = newName();
        var made = make(name, "operator", ",'locations':['north']");
        var key = made.get("key").textValue();
        assertThat(status(key)).isEqualTo(200);
        get(periodic.tick("keys.used"));

        var names = new ArrayList<String>();
        JsonNode found = null;
        var next = "";
        do {
            var page = ADMIN.request().get("/api/keys?limit=2" + next);
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.asString()).doesNotContain("hash", "pmse_");
            for (var item : Client.json(page).get("items")) {
                names.add(item.get("name").textValue());
                found = item.get("name").textValue().equals(name) ? item : found;
            }
            var after = Client.json(page).get("next");
            next = after.isNull() ? "" : "&after=" + after.textValue();
        } while (!next.isEmpty());
        assertThat(names).isSorted().doesNotHaveDuplicates().contains(name);
        assertThat(found).isNotNull();
        assertThat(Instant.parse(found.get("lastUsedAt").textValue()))
                .isAfterOrEqualTo(
                        Instant.parse(found.get("createdAt").textValue()).minusSeconds(1));
        assertThat(found.get("locations").toString()).isEqualTo("[\"north\"]");
    }

    @Test
    void operatorsReadWhoMadeAndRevokedWhat() {
        var name = newName();
        var made = make(name, "stock", "");
        revoke(made.get("id").textValue()).then().statusCode(204);

        var changes = new ArrayList<JsonNode>();
        Client.json(Client.of("otto", "operator").request().get("/api/keys/audit?limit=500"))
                .get("items")
                .forEach(change -> {
                    if (change.get("keyName").textValue().equals(name)) {
                        changes.add(change);
                    }
                });
        assertThat(changes)
                .extracting(change -> change.get("change").textValue())
                .containsExactly("revoked", "created");
        assertThat(changes).allSatisfy(change -> {
            assertThat(change.get("keyId")).isEqualTo(made.get("id"));
            assertThat(change.get("actor").textValue()).isEqualTo("ada");
            assertThat(change.get("traceId").textValue()).isEqualTo(ADMIN.traceId);
            assertThat(change.get("roles").toString()).isEqualTo("[\"stock\"]");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"audit", "000000000000", "A", "%00", "x'y"})
    void whatIsNoKeyCanNotBeRevoked(String id) {
        assertThat(ADMIN.request().delete("/api/keys/" + id).statusCode()).isIn(400, 404, 405);
    }
}
