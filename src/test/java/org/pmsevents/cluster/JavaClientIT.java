package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.RestAssured;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.client.PmsEventsClient;
import org.pmsevents.client.Snapshot;
import org.pmsevents.http.security.Tokens;

/** The Java client while replicas are killed and the feed begins another epoch: ten copies end equal to the database. */
@Tag("native")
@Tag("native-suffices")
class JavaClientIT {
    private static final Duration SETTLED = Duration.ofSeconds(60);
    private static final List<Integer> PORTS = List.of(Cluster.freePort(), Cluster.freePort());
    private static final String SHELF = "shelf";

    private final AtomicLong sold = new AtomicLong();
    private final AtomicInteger resets = new AtomicInteger();

    private static URI address(int port) {
        return URI.create("http://127.0.0.1:" + port);
    }

    private static PmsEventsClient client(String role) {
        return PmsEventsClient.at(address(PORTS.get(0)), address(PORTS.get(1)))
                .token(() -> Tokens.of("jo", role))
                .patience(SETTLED)
                .build();
    }

    private Snapshot snapshot(boolean ofStock) {
        var listener = new Snapshot.Listener() {
            @Override
            public void read(Map<String, JsonNode> copy) {
                resets.incrementAndGet();
            }

            @Override
            public void stopped(String code, String detail) {
                throw new AssertionError(code + ": " + detail);
            }
        };
        return ofStock ? Snapshot.stock(client("viewer"), listener) : Snapshot.products(client("viewer"), listener);
    }

    private void sell(AtomicBoolean done) {
        var keeper = client("stock");
        while (!done.get()) {
            keeper.adjust(
                    SHELF,
                    PmsEventsClient.object().put("delta", 1).put("reason", "receipt"),
                    UUID.randomUUID().toString());
            sold.incrementAndGet();
        }
    }

    private static Map<String, String> products(Snapshot snapshot) {
        var found = new HashMap<String, String>();
        snapshot.copy()
                .forEach((sku, product) -> found.put(
                        sku,
                        product.get("version").asText() + " "
                                + product.path("description").asText("")));
        return found;
    }

    private static Map<String, String> stock(Snapshot snapshot) {
        var found = new HashMap<String, String>();
        snapshot.copy()
                .forEach((key, stock) -> found.put(
                        key,
                        stock.get("version").asText() + " "
                                + stock.get("onHand").asText()));
        return found;
    }

    @Test
    void tenCopiesEndEqualToTheDatabase() throws Exception {
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_DELIVERY_HEARTBEAT", "1s"));
                var database = cluster.database()) {
            var replicas = new Replica[] {cluster.start(PORTS.get(0)), cluster.start(PORTS.get(1))};
            var addresses = List.of(replicas[0].address(), replicas[1].address());
            await().until(() -> replicas[0].isReady() && replicas[1].isReady());
            var shelf = PmsEventsClient.object().put("sku", SHELF).put("name", "Shelf");
            shelf.putObject("price").put("amount", 1).put("currency", "EUR");
            client("editor").createProduct(shelf);
            var done = new AtomicBoolean();
            var seller = CompletableFuture.runAsync(() -> sell(done));
            var copies = new ArrayList<Snapshot>();
            try (var writers = new Writers("copied", addresses, 3)) {
                IntStream.range(0, 5).forEach(each -> copies.add(snapshot(each % 2 == 1)));
                writers.awaitMore(50);
                replicas[0].kill();
                writers.awaitMore(20);
                replicas[0] = cluster.start(PORTS.get(0));
                IntStream.range(5, 10).forEach(each -> copies.add(snapshot(each % 2 == 1)));
                writers.awaitMore(50);
                await("ten states").atMost(SETTLED).until(() -> resets.get() >= 10);
                try (var statement = database.createStatement()) {
                    statement.execute("SELECT renew_feed(false)");
                }
                await("ten states of the new epoch").atMost(SETTLED).until(() -> resets.get() >= 20);
                replicas[1].kill();
                writers.awaitMore(20);
                replicas[1] = cluster.start(PORTS.get(1));
                writers.awaitMore(50);
            } finally {
                done.set(true);
            }
            seller.get();

            var products = cluster.pairs("SELECT sku, version || ' ' || coalesce(description, '') FROM product");
            var stock = cluster.pairs("SELECT sku || '/' || location, version || ' ' || on_hand FROM stock");
            assertThat(stock.get(SHELF + "/main")).endsWith(" " + sold.get());
            await("equal copies").atMost(SETTLED).untilAsserted(() -> {
                for (int i = 0; i < copies.size(); i++) {
                    boolean ofStock = i % 2 == 1;
                    assertThat(ofStock ? stock(copies.get(i)) : products(copies.get(i)))
                            .as("copy " + i)
                            .isEqualTo(ofStock ? stock : products);
                }
            });
            copies.forEach(Snapshot::close);
            for (var format : List.of("csv", "ndjson")) {
                assertThat(exported(addresses.get(0), "products", format)).isEqualTo(products.size());
                assertThat(exported(addresses.get(1), "inventory", format)).isEqualTo(stock.size());
            }
        }
    }

    /** How many rows a file has, also of a native executable and by way of a pooler. */
    private static long exported(URI replica, String of, String format) {
        var file = RestAssured.given()
                .header("Authorization", Tokens.bearer("jo", "viewer"))
                .get(replica.resolve("/api/exports/" + of + "?format=" + format));
        assertThat(file.statusCode()).as(file.asString()).isEqualTo(200);
        return file.asString().lines().count() - (format.equals("csv") ? 1 : 0);
    }
}
