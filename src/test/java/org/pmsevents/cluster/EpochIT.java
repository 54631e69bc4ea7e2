package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.specification.RequestSpecification;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.EventStream;
import org.pmsevents.delivery.websocket.LiveSocket;
import org.pmsevents.http.security.Tokens;

/** The database goes back, or is copied: nobody misses anything without a word, and nothing crosses. */
class EpochIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    private final String sku = Client.newSku("EPOCH");
    private Cluster cluster;

    @BeforeEach
    void createCluster() throws SQLException {
        cluster = new Cluster(Map.of("PMS_EVENTS_DELIVERY_HEARTBEAT", "1s"));
    }

    @AfterEach
    void closeCluster() throws Exception {
        cluster.close();
    }

    private static RequestSpecification as(Replica replica, String role) {
        return given().baseUri(replica.address().toString()).header("Authorization", Tokens.bearer("till", role));
    }

    private void create(Replica replica) {
        as(replica, "editor")
                .contentType("application/json")
                .body(Client.product(sku).getBytes(StandardCharsets.UTF_8))
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    private void adjust(Replica replica, int delta) {
        as(replica, "stock")
                .contentType("application/json")
                .body("{\"delta\":" + delta + ",\"reason\":\"receipt\"}")
                .post("/api/inventory/" + sku + "/adjustments")
                .then()
                .statusCode(200);
    }

    private JsonNode stock(Replica replica) {
        return Client.json(as(replica, "viewer").get("/api/inventory/" + sku));
    }

    private String level() {
        return cluster.redis().field("pms-events:stock:" + sku, "main");
    }

    private static long number(Connection database, String query) throws SQLException {
        return Long.parseLong(text(database, query));
    }

    private static String text(Connection database, String query) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private Replica ready(Replica replica) {
        await().atMost(SOON.multipliedBy(3)).until(replica::isReady);
        return replica;
    }

    /** As a standby that lacked the last ten events and their changes of stock. */
    private void goBackByTen(Connection database) throws SQLException {
        try (var statement = database.createStatement()) {
            statement.execute("""
                    BEGIN;
                    UPDATE feed_head SET head = head - 10;
                    DELETE FROM stock_movement WHERE event_id IN (SELECT id FROM event, feed_head WHERE position > head);
                    DELETE FROM event WHERE position > (SELECT head FROM feed_head);
                    UPDATE stock SET on_hand = on_hand - 10, version = version - 10 WHERE sku = '%s';
                    UPDATE handler_cursor SET position = least(position, (SELECT head FROM feed_head));
                    COMMIT;
                    """.formatted(sku));
        }
    }

    @Test
    void aDatabaseThatHasGoneBackIsToldToAllAndNothingIsStale() throws Exception {
        var one = ready(cluster.start(0));
        var two = ready(cluster.start(0));
        create(one);
        for (int i = 0; i < 20; i++) {
            adjust(i % 2 == 0 ? one : two, 1);
        }
        try (var database = cluster.database()) {
            long head = number(database, "SELECT head FROM feed_head");
            var old = text(database, "SELECT feed_id FROM feed_head");
            await().atMost(SOON)
                    .until(() -> Stream.of(one, two)
                            .allMatch(each -> stock(each).path("onHand").intValue() == 20));
            await().atMost(SOON).until(() -> "20".equals(level()));
            await().atMost(SOON).until(() -> number(database, "SELECT min(position) FROM handler_cursor") == head);

            var sockets = new ArrayList<LiveSocket>();
            var streams = new ArrayList<EventStream>();
            for (var replica : List.of(one, two)) {
                var socket = LiveSocket.open(replica.address(), "/ws", "viewer");
                socket.subscribe("a", "inventory.*").subscribe("b", "product.*");
                assertThat(socket.next("subscribed").path("epoch").textValue()).isEqualTo(old);
                socket.next("subscribed");
                sockets.add(socket);
                streams.add(EventStream.open(replica.address(), "", ""));
            }
            await().atMost(SOON).until(() -> streams.stream().noneMatch(stream -> stream.blocks.isEmpty()));

            goBackByTen(database);
            for (int i = 0; i < 10; i++) {
                adjust(one, 3);
            }

            await().atMost(SOON)
                    .until(() ->
                            !text(database, "SELECT feed_id FROM feed_head").equals(old));
            var epoch = text(database, "SELECT feed_id FROM feed_head");
            for (var socket : sockets) {
                var ids = new ArrayList<String>();
                for (int i = 0; i < 2; i++) {
                    var reset = socket.next("reset");
                    assertThat(reset.path("epoch").textValue()).isEqualTo(epoch);
                    ids.add(reset.path("id").textValue());
                }
                assertThat(ids).containsExactlyInAnyOrder("a", "b");
            }
            for (var stream : streams) {
                await().atMost(SOON)
                        .until(() -> stream.events().stream()
                                .anyMatch(block -> block.event().equals("reset")
                                        && block.data().contains(epoch)));
            }
            for (var replica : List.of(one, two)) {
                await().atMost(SOON).until(() -> stock(replica).path("onHand").intValue() == 40);
                as(replica, "viewer")
                        .get("/api/events?after=" + head + "&epoch=" + old)
                        .then()
                        .statusCode(410)
                        .body("code", equalTo("feed-restarted"))
                        .body("epoch", equalTo(epoch));
            }
            adjust(two, 5);
            for (var socket : sockets) {
                var told = socket.next("");
                while (told.at("/payload/onHand").intValue() != 45) {
                    told = socket.next("");
                }
            }
            await().atMost(SOON).until(() -> "45".equals(level()));
            await().atMost(SOON)
                    .until(() -> number(database, "SELECT count(*) FROM alert WHERE key = 'feed-epoch'") == 1);
            await().atMost(SOON)
                    .until(() ->
                            number(database, "SELECT count(*) FROM handler_cursor, feed_head WHERE position <> head")
                                    == 0);
            assertThat(text(database, "SELECT feed_id FROM feed_head")).isEqualTo(epoch);

            try (var resumed = LiveSocket.open(
                    one.address(), "/ws?topics=inventory.*&after=" + head + "&epoch=" + old, "viewer")) {
                assertThat(resumed.next("reset").path("epoch").textValue()).isEqualTo(epoch);
            }
            try (var resumed = EventStream.open(two.address(), "", old + ":" + head)) {
                await().atMost(SOON)
                        .until(() -> resumed.events().stream()
                                .anyMatch(block -> block.event().equals("reset")));
            }
            sockets.forEach(LiveSocket::close);
            for (var stream : streams) {
                stream.close();
            }
        }
    }

    @Test
    void nothingCrossesBetweenADatabaseAndItsCopyOnTheSameRedis() throws Exception {
        try (var first = ready(cluster.start(0))) {
            create(first);
            adjust(first, 10);
            await().atMost(SOON).until(() -> "10".equals(level()));
        }
        cluster.copyDatabase();
        var production = ready(cluster.start(0));
        try (var database = cluster.database();
                var copied = cluster.databaseCopy();
                var socket = LiveSocket.open(production.address(), "/ws", "viewer")) {
            socket.subscribe("a", "inventory.*").next("subscribed");
            var copy = ready(cluster.startOnCopy());
            assertThat(text(copied, "SELECT feed_id FROM feed_head"))
                    .isNotEqualTo(text(database, "SELECT feed_id FROM feed_head"));

            adjust(copy, 500);
            await().atMost(SOON).until(() -> stock(copy).path("onHand").intValue() == 510);
            await().atMost(SOON)
                    .until(() -> number(
                                    copied,
                                    "SELECT count(*) FROM handler_cursor, feed_head"
                                            + " WHERE handler = 'stock-levels' AND position = head")
                            == 1);
            adjust(production, 1);

            var told = socket.nextNews();
            assertThat(told.at("/payload/onHand").intValue()).isEqualTo(11);
            assertThat(stock(production).path("onHand").intValue()).isEqualTo(11);
            assertThat(stock(copy).path("onHand").intValue()).isEqualTo(510);
            await().atMost(SOON).until(() -> "11".equals(level()));
            await().atMost(SOON)
                    .until(() -> number(copied, "SELECT count(*) FROM alert WHERE key = 'feed-epoch'") == 1);
            assertThat(number(database, "SELECT count(*) FROM alert WHERE key = 'feed-epoch'"))
                    .isZero();

            // whoever stops hands the levels over; without that the copy would wait for 5 minutes
            production.terminate();
            await().atMost(Duration.ofMinutes(1)).until(() -> "510".equals(level()));
        }
    }
}
