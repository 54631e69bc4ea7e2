package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesRegex;
import static org.hamcrest.Matchers.nullValue;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;

/** The cache of several replicas, and what becomes of it when a replica, Redis or PostgreSQL is not there. */
@Tag("native")
@Tag("native-suffices")
class CacheIT {
    private static final Duration SOON = Duration.ofSeconds(20);
    /** As in production: a machine that has two thousand readers may need more than a second to hear what PostgreSQL has answered. */
    private static final Duration TRUST = Duration.ofSeconds(3);

    private static final String WAITING_FOR_PRODUCT =
            "SELECT count(*) FROM pg_locks WHERE relation = 'product'::regclass AND NOT granted";
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ExecutorService PEOPLE = Executors.newCachedThreadPool();

    private static Cluster cluster;
    private static Connection database;
    private static Replica one;
    private static Replica two;

    private final String sku = Client.newSku("K");

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of(
                "PMS_EVENTS_CACHE_TRUST", TRUST.toMillis() + "ms",
                "PMS_EVENTS_CACHE_POLL", "200ms",
                "PMS_EVENTS_CACHE_COUNT_EVERY", "200ms",
                "PMS_EVENTS_FEED_POLL", "200ms"));
        database = cluster.database();
        one = cluster.start(0);
        two = cluster.start(0);
        await().atMost(SOON.multipliedBy(3)).until(() -> one.isReady() && two.isReady());
    }

    @AfterAll
    static void stopCluster() throws Exception {
        PEOPLE.shutdownNow();
        database.close();
        cluster.close();
    }

    @Test
    void aThousandReadersOfAColdKeyAskPostgresOnceOnEachReplica() throws Exception {
        sql("INSERT INTO product SELECT '" + sku
                + "', 'Mug', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL");
        // replicas that have only just started would take longer to read a thousand requests than a request may take
        readAtOnce(500, "/api/products/no-" + sku).forEach(CompletableFuture::join);
        cluster.postgres().count(sku);
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        try (var blocker = cluster.database();
                var statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE product IN ACCESS EXCLUSIVE MODE");
            answers.addAll(readAtOnce(1_000, "/api/products/" + sku));
            // by then they wait for the lock; whether their statement is prepared already or not
            await("both have asked PostgreSQL, and others have come meanwhile")
                    .atMost(SOON)
                    .until(() -> number(WAITING_FOR_PRODUCT) >= 2);
            await().pollDelay(Duration.ofMillis(500)).until(() -> true);
            assertThat(number(WAITING_FOR_PRODUCT)).isEqualTo(2);
            blocker.rollback();
        }
        for (var answer : answers) {
            var response = answer.get(30, TimeUnit.SECONDS);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.body()).contains("\"sku\":\"" + sku + "\"");
        }
        assertThat(cluster.postgres().counted()).isEqualTo(2);
        for (var replica : List.of(one, two)) {
            assertThat(stats(replica).at("/loads/coalesced").longValue()).isPositive();
        }
    }

    /** As many requests at each of both replicas. */
    private static List<CompletableFuture<HttpResponse<String>>> readAtOnce(int times, String path) {
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        var token = Tokens.bearer("crowd", "viewer");
        for (int i = 0; i < times; i++) {
            for (var replica : List.of(one, two)) {
                var request = HttpRequest.newBuilder(replica.address().resolve(path))
                        .header("Authorization", token)
                        .build();
                answers.add(HTTP.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
            }
        }
        return answers;
    }

    @Test
    void aReplicaThatWasPausedGivesNothingFromBeforeItsPause() {
        create();
        adjust(one, 10);
        awaitOnHand(two, 10);
        two.pause();
        try {
            var pausedUntil = System.nanoTime() + TRUST.multipliedBy(2).toNanos();
            adjust(one, 5);
            patch(one, "changed during the pause");
            await().atMost(SOON).until(() -> System.nanoTime() > pausedUntil);
        } finally {
            two.resume();
        }
        assertThat(onHand(two)).isEqualTo(15);
        product(two).then().body("description", equalTo("changed during the pause"));
    }

    @Test
    void aChangeOfWhichRedisTellsNobodyIsKnownAllTheSame() {
        create();
        adjust(one, 10);
        awaitOnHand(two, 10);
        cluster.redis().spoil(1, 0);
        try {
            adjust(one, 5);
            patch(one, "told to nobody");
            awaitOnHand(two, 15);
            await().atMost(SOON)
                    .until(() -> "told to nobody".equals(product(two).path("description")));
            assertThat(cluster.redis().lost()).isPositive();
        } finally {
            cluster.redis().spoil(0, 0);
        }
    }

    @Test
    void whatIsCommittedIsReadElsewhereThoughNobodyGivesEventsTheirPositions() throws Exception {
        create();
        adjust(one, 10);
        awaitOnHand(two, 10);
        patch(one, "before");
        await().atMost(SOON).until(() -> "before".equals(product(two).path("description")));
        try (var blocker = cluster.database();
                var statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("SELECT * FROM feed_head FOR UPDATE");
            adjust(one, 5);
            patch(one, "without a position");
            awaitOnHand(two, 15);
            await().atMost(SOON)
                    .until(() -> "without a position".equals(product(two).path("description")));
            product(two).then().header("Cache-Status", nullValue());
            adjust(one, 1);
            awaitOnHand(two, 16);
            blocker.rollback();
        }
    }

    @Test
    void aThresholdIsKnownOnOtherReplicas() {
        create();
        assertThat(stock(two).get("threshold").isNull()).isTrue();
        as(one, "stock")
                .contentType("application/json")
                .body("{\"threshold\":3}")
                .put("/api/inventory/" + sku + "/threshold")
                .then()
                .statusCode(200);
        await().atMost(SOON).until(() -> stock(two).get("threshold").asLong(-1) == 3);
    }

    @Test
    void anEmptiedRedisLeavesNothingStale() throws Exception {
        create();
        adjust(one, 10);
        for (int round = 1; round <= 5; round++) {
            onHand(two);
            cluster.emptyRedis();
            adjust(one, 1);
            assertThat(onHand(one)).isEqualTo(10 + round);
            awaitOnHand(two, 10 + round);
        }
    }

    @Test
    void whatIsKnownIsGivenAsStaleWhilePostgresIsAway() {
        create();
        patch(one, "known");
        product(one).then().statusCode(200).header("Cache-Status", nullValue());
        assertThat(onHand(one)).isZero();
        list(one).then().statusCode(200);
        cluster.postgres().takeAway();
        try {
            await("it is stale").atMost(SOON).until(() -> product(one).header("Cache-Status") != null);
            for (var stale : List.of(product(one), list(one), as(one, "viewer").get("/api/inventory/" + sku))) {
                stale.then()
                        .statusCode(200)
                        .header("Cache-Status", matchesRegex("pms-events; hit; ttl=-[1-9][0-9]*; detail=stale"));
            }
            product(one).then().header("ETag", "\"2\"").body("description", equalTo("known"));
            as(one, "viewer")
                    .get("/api/products/" + Client.newSku("cold"))
                    .then()
                    .statusCode(503)
                    .body("code", equalTo("database-unavailable"));
            given().baseUri(one.management().toString())
                    .get("/q/health/ready")
                    .then()
                    .statusCode(200);
        } finally {
            cluster.postgres().bringBack();
        }
        await("it is known again")
                .atMost(SOON)
                .until(() -> product(one).header("Cache-Status") == null
                        && product(one).statusCode() == 200);
        patch(one, "changed");
        product(one).then().header("Cache-Status", nullValue()).body("description", equalTo("changed"));
        assertThat(stats(one).get("stale").longValue()).isPositive();
    }

    @Test
    void aStaleAnswerClaimsToHaveSeenNoEventThatItDoesNotShow() {
        create();
        assertThat(onHand(one)).isZero();
        long before = position(list(one));
        patch(one, "newer than the list that is cached");
        long changed = as(one, "viewer")
                .get("/api/events?after=" + Long.MAX_VALUE)
                .jsonPath()
                .getLong("head");
        assertThat(changed).isGreaterThan(before);
        await("the feed has told of it").atMost(SOON).until(() -> position(stockOf(one)) >= changed);
        cluster.postgres().takeAway();
        try {
            await("it is stale").atMost(SOON).until(() -> {
                var list = list(one);
                return list.header("Cache-Status") != null && list.statusCode() == 200;
            });
            list(one).then().body("items[0].version", equalTo(1));
            assertThat(position(list(one))).isBetween(before, changed - 1);
            // the stock has not changed, as far as is known
            await("the stock is stale too")
                    .atMost(SOON)
                    .until(() -> stockOf(one).header("Cache-Status") != null);
            var stock = stockOf(one);
            stock.then().statusCode(200).header("Cache-Status", matchesRegex(".*stale"));
            assertThat(position(stock)).isGreaterThanOrEqualTo(changed);
        } finally {
            cluster.postgres().bringBack();
        }
        await("it is known again")
                .atMost(SOON)
                .until(() -> list(one).statusCode() == 200 && position(list(one)) >= changed);
        list(one).then().body("items[0].version", equalTo(2));
    }

    private Response stockOf(Replica replica) {
        return as(replica, "viewer").get("/api/inventory/" + sku);
    }

    private static long position(Response answer) {
        var header = answer.header("Feed-Position");
        return Long.parseLong(header.substring(header.indexOf(':') + 1));
    }

    @Test
    void withoutRedisNothingFailsAndNothingIsStale() {
        create();
        adjust(one, 10);
        cluster.cutRedisOff();
        try {
            for (int round = 1; round <= 20; round++) {
                adjust(one, 1);
                assertThat(onHand(one)).isEqualTo(10 + round);
                assertThat(as(one, "viewer")
                                .get("/api/products/" + Client.newSku("no"))
                                .statusCode())
                        .isEqualTo(404);
            }
            patch(one, "without Redis");
            product(one)
                    .then()
                    .statusCode(200)
                    .header("Cache-Status", nullValue())
                    .body("description", equalTo("without Redis"));
            await().atMost(SOON).until(() -> "without Redis".equals(product(two).path("description")));
            awaitOnHand(two, 30);
            assertThat(stats(one).at("/l2/reachable").booleanValue()).isFalse();
        } finally {
            cluster.reconnectRedis();
        }
        await().atMost(SOON).until(() -> {
            as(one, "viewer").get("/api/products/" + Client.newSku("no"));
            return stats(one).at("/l2/reachable").booleanValue();
        });
    }

    @Test
    void noReaderOfAReplicaSeesAnOlderVersionThanBefore() throws Exception {
        var skus = new ArrayList<String>();
        for (int i = 0; i < 6; i++) {
            skus.add(sku + i);
            create(sku + i);
        }
        try (var tiny = cluster.start(0, "-Dpms-events.cache.local-bytes=1200")) {
            await().atMost(SOON.multipliedBy(3)).until(tiny::isReady);
            var stop = new AtomicBoolean();
            var work = new ArrayList<CompletableFuture<?>>();
            for (var replica : List.of(one, two)) {
                work.add(CompletableFuture.runAsync(() -> write(replica, skus, stop), PEOPLE));
            }
            for (var replica : List.of(one, two, tiny, tiny)) {
                work.add(CompletableFuture.runAsync(() -> readOn(replica, skus, stop), PEOPLE));
            }
            cluster.redis().spoil(3, 5);
            try {
                var until = System.nanoTime() + Duration.ofSeconds(6).toNanos();
                while (System.nanoTime() < until && work.stream().noneMatch(CompletableFuture::isDone)) {
                    cluster.emptyRedis();
                    await().pollDelay(Duration.ofMillis(200)).until(() -> true);
                }
            } finally {
                stop.set(true);
                cluster.redis().spoil(0, 0);
            }
            for (var each : work) {
                each.get(30, TimeUnit.SECONDS);
            }
            for (var each : skus) {
                var stored = storedVersions(each);
                for (var replica : List.of(one, two, tiny)) {
                    await(each).atMost(SOON).until(() -> versions(replica, each).equals(stored));
                }
            }
        }
    }

    @Test
    void aNewReplicaHasTheHottestKeysBeforeItIsReady() throws Exception {
        create();
        for (int i = 0; i < 200; i++) {
            product(one).then().statusCode(200);
        }
        await().atMost(SOON)
                .until(() -> number("SELECT coalesce(max(reads), 0) FROM cache_entry WHERE key = 'product:" + sku + "'")
                        > 190);
        try (var warm = cluster.start(0)) {
            await().atMost(SOON.multipliedBy(3)).until(warm::isReady);
            assertThat(stats(warm).at("/warm/keys").longValue()).isPositive();
            product(warm).then().statusCode(200);
            assertThat(stats(warm).at("/l1/hits").longValue()).isEqualTo(1);
            assertThat(stats(warm).at("/l1/misses").longValue()).isZero();
        }
    }

    @Test
    void aReplicaThatCanNotBeWarmedUpIsReadyAllTheSame() throws Exception {
        try (var blocker = cluster.database();
                var statement = blocker.createStatement()) {
            blocker.setAutoCommit(false);
            statement.execute("LOCK TABLE cache_entry IN ACCESS EXCLUSIVE MODE");
            try (var cold = cluster.start(0, "-Dpms-events.cache.warm-budget=500ms")) {
                await().atMost(SOON.multipliedBy(3)).until(cold::isReady);
                assertThat(stats(cold).at("/warm/keys").longValue()).isZero();
            }
            blocker.rollback();
        }
    }

    private void write(Replica replica, List<String> skus, AtomicBoolean stop) {
        for (int i = 0; !stop.get(); i++) {
            var each = skus.get(i % skus.size());
            as(replica, "stock")
                    .contentType("application/json")
                    .body("{\"delta\":1,\"reason\":\"receipt\"}")
                    .post("/api/inventory/" + each + "/adjustments")
                    .then()
                    .statusCode(200);
            if (i % 4 == 0) {
                patch(replica, each, "round " + i);
            }
        }
    }

    private void readOn(Replica replica, List<String> skus, AtomicBoolean stop) {
        Map<String, List<Long>> seen = new HashMap<>();
        for (int i = 0; !stop.get(); i++) {
            var each = skus.get(i % skus.size());
            var now = versions(replica, each);
            var before = seen.put(each, now);
            if (before != null) {
                assertThat(now.get(0)).as(each).isGreaterThanOrEqualTo(before.get(0));
                assertThat(now.get(1)).as("stock of " + each).isGreaterThanOrEqualTo(before.get(1));
            }
        }
    }

    private static List<Long> versions(Replica replica, String of) {
        var product = as(replica, "viewer").get("/api/products/" + of);
        var stock = as(replica, "viewer").get("/api/inventory/" + of);
        return List.of(
                Client.json(product).get("version").longValue(),
                Client.json(stock).get("version").longValue());
    }

    private static List<Long> storedVersions(String of) throws SQLException {
        return List.of(
                number("SELECT version FROM product WHERE sku = '" + of + "'"),
                number("SELECT version FROM stock WHERE sku = '" + of + "'"));
    }

    private static void sql(String statement) throws SQLException {
        try (var connection = cluster.database();
                var run = connection.createStatement()) {
            run.execute(statement);
        }
    }

    private static long number(String query) throws SQLException {
        try (var connection = cluster.database();
                var run = connection.createStatement();
                var found = run.executeQuery(query)) {
            found.next();
            return found.getLong(1);
        }
    }

    private void create() {
        create(sku);
    }

    private static void create(String of) {
        as(one, "editor")
                .contentType("application/json")
                .body(Client.product(of))
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    private void patch(Replica replica, String description) {
        patch(replica, sku, description);
    }

    private static void patch(Replica replica, String of, String description) {
        as(replica, "editor")
                .contentType("application/merge-patch+json")
                .body("{\"description\":\"" + description + "\"}")
                .patch("/api/products/" + of)
                .then()
                .statusCode(200);
    }

    private void adjust(Replica replica, int delta) {
        as(replica, "stock")
                .contentType("application/json")
                .body("{\"delta\":" + delta + ",\"reason\":\"receipt\"}")
                .post("/api/inventory/" + sku + "/adjustments")
                .then()
                .statusCode(200);
    }

    private Response product(Replica replica) {
        return as(replica, "viewer").get("/api/products/" + sku);
    }

    private Response list(Replica replica) {
        return as(replica, "viewer").get("/api/products?q=" + sku);
    }

    private JsonNode stock(Replica replica) {
        var found = as(replica, "viewer").get("/api/inventory/" + sku);
        found.then().statusCode(200);
        return Client.json(found);
    }

    private long onHand(Replica replica) {
        return stock(replica).get("onHand").longValue();
    }

    private void awaitOnHand(Replica replica, long onHand) {
        await().atMost(SOON).until(() -> onHand(replica) == onHand);
    }

    private static JsonNode stats(Replica replica) {
        return Client.json(as(replica, "operator").get("/api/cache/stats"));
    }

    private static RequestSpecification as(Replica replica, String role) {
        return given().baseUri(replica.address().toString()).header("Authorization", Tokens.bearer("cache", role));
    }
}
