package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.webhook.Receiver;

/** Two replicas share the subscriptions; each is killed in turn while receivers fail now and then. */
@Tag("native")
@Tag("native-suffices")
class SubscriptionsIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    /** Every twelfth request of a receiver fails. */
    private static final int FAILS_EACH = 12;

    private static final Receipts RECEIPTS =
            new Receipts(IntStream.range(0, 6).mapToObj(i -> "moved-" + i).toList(), 15);

    private static Cluster cluster;

    @BeforeAll
    static void startCluster() throws SQLException {
        cluster = new Cluster(Map.of("PMS_EVENTS_SUBSCRIPTIONS_ALLOW", "127.0.0.0/8"));
    }

    @AfterAll
    static void stopCluster() throws SQLException, IOException {
        cluster.close();
    }

    private static JsonNode subscription(Replica replica, String name) {
        for (var each :
                Client.json(Receipts.at(replica).get("/api/subscriptions")).get("items")) {
            if (each.get("name").textValue().equals(name)) {
                return each;
            }
        }
        throw new AssertionError("no subscription " + name);
    }

    @Test
    void nothingIsMissedAndSkusStayInOrderWhenTheReplicaThatDeliversIsKilled() {
        try (var one = new Receiver();
                var two = new Receiver()) {
            var receivers = List.of(one, two);
            // counted and not drawn: each failure holds its SKU up for 5 s or more
            receivers.forEach(receiver -> {
                var requests = new AtomicInteger();
                receiver.answers((call, request) -> request.response()
                        .setStatusCode(requests.incrementAndGet() % FAILS_EACH == 0 ? 500 : 200)
                        .end());
            });
            try (var first = cluster.start(0)) {
                await().atMost(SOON).until(first::isReady);
                RECEIPTS.createProducts(first);
                for (int i = 0; i < receivers.size(); i++) {
                    Receipts.at(first)
                            .body("{\"name\":\"r" + i
                                    + "\",\"types\":[\"inventory.updated\"],\"start\":\"now\",\"delivery\":"
                                    + "{\"kind\":\"webhook\",\"url\":\""
                                    + receivers.get(i).url() + "\"}}")
                            .post("/api/subscriptions")
                            .then()
                            .statusCode(201);
                }
                RECEIPTS.book(first);
                first.kill();
            }
            try (var second = cluster.start(0);
                    var third = cluster.start(0)) {
                await().atMost(SOON).until(() -> second.isReady() && third.isReady());
                RECEIPTS.book(second);
                second.kill();
                RECEIPTS.book(third);
                int expected = 3 * RECEIPTS.events();
                for (var receiver : receivers) {
                    await().atMost(SOON)
                            .untilAsserted(() -> assertThat(receiver.arrivals()).hasSize(expected));
                    for (var sku : RECEIPTS.skus()) {
                        assertThat(receiver.arrivals().stream()
                                        .filter(event -> event.at("/metadata/subject")
                                                .textValue()
                                                .equals(sku))
                                        .map(event ->
                                                event.at("/payload/onHand").longValue()))
                                .isSorted();
                    }
                }
                await().atMost(SOON)
                        .until(() -> subscription(third, "r0").get("held").intValue() == 0
                                && subscription(third, "r0").get("lag").longValue() == 0);
            }
        }
    }
}
