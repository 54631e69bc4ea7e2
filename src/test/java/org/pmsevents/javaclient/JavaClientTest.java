package org.pmsevents.javaclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.OpenConnections;
import java.net.URI;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.client.Feed;
import org.pmsevents.client.FeedMessage;
import org.pmsevents.client.FeedPosition;
import org.pmsevents.client.FeedStoppedException;
import org.pmsevents.client.PmsEventsClient;
import org.pmsevents.client.ProblemException;
import org.pmsevents.client.Snapshot;
import org.pmsevents.http.security.Tokens;

/** The Java client, on the service. */
@QuarkusTest
class JavaClientTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TestHTTPResource("/")
    URI server;

    private final OpenConnections connections;
    private final String sku = Client.newSku("JC");

    JavaClientTest(OpenConnections connections) {
        this.connections = connections;
    }

    private PmsEventsClient client(String... roles) {
        return PmsEventsClient.at(server).token(Tokens.of("jo", roles)).build();
    }

    private JsonNode product(String of) {
        return PmsEventsClient.object()
                .put("sku", of)
                .put("name", "Mug")
                .set("price", PmsEventsClient.object().put("amount", 7).put("currency", "EUR"));
    }

    private String create() {
        var created = Client.newSku("JC");
        client("editor").createProduct(product(created));
        return created;
    }

    private Feed.Builder feed(PmsEventsClient of, String... topics) {
        return of.feed(topics).pauses(Duration.ofMillis(10), Duration.ofMillis(100));
    }

    private FeedPosition here() {
        return client("viewer").get("/api/products?limit=1").feedPosition().orElseThrow();
    }

    @Test
    void productsAndStockAreReadAndChanged() {
        var client = client("editor", "stock");
        assertThat(client.createProduct(product(sku)).get("version").longValue())
                .isEqualTo(1);
        var read = client.product(sku);
        assertThat(read.feedPosition()).isPresent();
        var patch = PmsEventsClient.object().put("name", "Cup");
        var patched = client.patchProduct(sku, patch, read.etag().orElseThrow());
        assertThat(patched.body().get("name").textValue()).isEqualTo("Cup");
        assertThat(client.publish(sku).get("status").textValue()).isEqualTo("published");

        assertThat(client.adjust(sku, 5, "receipt").get("onHand").longValue()).isEqualTo(5);
        var key = UUID.randomUUID().toString();
        var sale = PmsEventsClient.object().put("delta", -2).put("reason", "sale");
        var first = client.adjust(sku, sale, key);
        assertThat(client.adjust(sku, sale, key)).isEqualTo(first);
        assertThat(client.stock(sku, "main").get("onHand").longValue()).isEqualTo(3);
        var count = PmsEventsClient.object().put("onHand", 9).put("reason", "count");
        assertThat(client.count(sku, count, UUID.randomUUID().toString())
                        .get("delta")
                        .longValue())
                .isEqualTo(6);
    }

    @Test
    void aRefusalIsItsProblem() {
        var client = client("editor");
        client.createProduct(product(sku));
        var refused = refusal(() -> client.createProduct(product(sku)));
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.code()).isEqualTo("product-exists");
        assertThat(refused.problem().get("traceId").textValue()).isNotEmpty();
        refused = refusal(() -> client.patchProduct(sku, PmsEventsClient.object(), "\"7\""));
        assertThat(refused.code()).isEqualTo("version-mismatch");
        refused = refusal(() -> client.product("no/such"));
        assertThat(refused.status()).isEqualTo(404);
        refused = refusal(
                () -> PmsEventsClient.at(server).token("nonsense").build().product(sku));
        assertThat(refused.code()).isEqualTo("unauthenticated");
    }

    private static ProblemException refusal(Runnable call) {
        return catchThrowableOfType(ProblemException.class, call::run);
    }

    @Test
    void anUnreachableReplicaIsPassedOver() {
        var client = PmsEventsClient.at(URI.create("http://127.0.0.1:1"), server)
                .token(Tokens.of("jo", "editor"))
                .build();
        client.createProduct(product(sku));
        assertThat(client.product(sku).status()).isEqualTo(200);
        assertThat(client.product(sku).status()).isEqualTo(200);
    }

    @Test
    void aLostConnectionCostsNoEventAndDoublesNone() {
        try (var taken = Taken.of(feed(client("viewer"), "product.*").after(here()), Long.MAX_VALUE)) {
            var first = create();
            await().until(() -> taken.subjects().contains(first));

            connections.forEach(each -> each.closeAndAwait(new CloseReason(1012, "test")));
            var second = create();
            var third = create();

            await().until(() -> taken.subjects().contains(third));
            assertThat(taken.subjects())
                    .containsSubsequence(first, second, third)
                    .doesNotHaveDuplicates();
            assertThat(taken.following).hasSizeGreaterThan(1);
        }
    }

    @Test
    void nothingComesThatWasNotRequested() {
        var from = here();
        var created = IntStream.range(0, 5).mapToObj(each -> create()).toList();
        try (var taken = Taken.of(
                feed(client("viewer"), "product.*")
                        .subjects(created.toArray(String[]::new))
                        .after(from),
                0)) {
            await().until(() -> !taken.following.isEmpty());
            assertThat(taken.messages).isEmpty();
            taken.request(2);
            await().until(() -> taken.messages.size() == 2);
            taken.request(1);
            await().until(() -> taken.messages.size() == 3);
            taken.request(10);
            await().until(() -> taken.messages.size() == 5);
            assertThat(taken.subjects()).isEqualTo(created);
        }
    }

    @Test
    void whatASubscriberFailsOnIsBroughtAgain() {
        var failures = new AtomicInteger();
        try (var taken = Taken.of(feed(client("viewer"), "product.*").after(here()), Long.MAX_VALUE, message -> {
            if (failures.incrementAndGet() == 1) {
                throw new IllegalStateException("not now");
            }
        })) {
            var created = create();
            await().until(() -> taken.subjects().contains(created));
            assertThat(taken.subjects()).doesNotHaveDuplicates();
        }
    }

    @Test
    void aPlaceThatIsNotThereIsAReset() {
        var here = here();
        var another = new FeedPosition(UUID.randomUUID().toString(), here.position());
        try (var taken = Taken.of(feed(client("viewer"), "product.*").after(another), Long.MAX_VALUE)) {
            await().until(() -> !taken.messages.isEmpty());
            assertThat(taken.messages.get(0)).isInstanceOfSatisfying(FeedMessage.Reset.class, reset -> {
                assertThat(reset.epoch()).isEqualTo(here.epoch());
                assertThat(reset.head()).isGreaterThanOrEqualTo(here.position());
            });
            var created = create();
            await().until(() -> taken.messages.stream()
                    .anyMatch(message -> message instanceof FeedMessage.Event event
                            && event.subject().equals(created)));
        }
    }

    private FeedStoppedException stopped(Feed.Builder feed) {
        try (var taken = Taken.of(feed, Long.MAX_VALUE)) {
            return taken.stopped
                    .orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join();
        }
    }

    @Test
    void aFeedTellsWhyItStops() {
        assertThat(stopped(feed(client("viewer"), "queue.*")).code()).isEqualTo("topic-not-allowed");
        var forbidden = stopped(feed(client(), "product.*"));
        assertThat(forbidden.code()).isEqualTo("forbidden");
        assertThat(forbidden.detail()).contains("viewer");

        var asked = new AtomicInteger();
        var same = PmsEventsClient.at(server).token(() -> {
            asked.incrementAndGet();
            return "nonsense";
        });
        assertThat(stopped(feed(same.build(), "product.*")).code()).isEqualTo("unauthenticated");
        assertThat(asked).hasValue(2);
        asked.set(0);
        var others = PmsEventsClient.at(server).token(() -> "nonsense " + asked.incrementAndGet());
        assertThat(stopped(feed(others.build(), "product.*")).code()).isEqualTo("unauthenticated");
        assertThat(asked).hasValue(3);
    }

    @Test
    void aSnapshotOfProductsFollowsWithoutAGap() {
        var before = create();
        try (var snapshot = Snapshot.products(client("viewer"), new Snapshot.Listener() {})) {
            await().until(() -> snapshot.copy().containsKey(before));
            for (int i = 0; i < 4; i++) {
                var etag = client("viewer").product(before).etag().orElseThrow();
                client("editor").patchProduct(before, PmsEventsClient.object().put("name", "Mug " + i), etag);
                connections.forEach(each -> each.closeAndAwait(new CloseReason(1012, "test")));
                create();
            }
            var last = create();
            await().until(() -> snapshot.copy().containsKey(last));
            assertThat(snapshot.copy().get(before))
                    .isEqualTo(client("viewer").product(before).body());
            assertThat(snapshot.position().position()).isPositive();
        }
    }

    @Test
    void aSnapshotOfStockFollowsWithoutAGap() {
        var before = create();
        var keeper = client("stock");
        keeper.adjust(before, 5, "receipt");
        try (var snapshot = Snapshot.stock(client("viewer"), new Snapshot.Listener() {})) {
            var key = Snapshot.stockKey(before, "main");
            await().until(() -> snapshot.copy().containsKey(key));
            keeper.adjust(before, -2, "sale");
            var east = PmsEventsClient.object()
                    .put("delta", 3)
                    .put("reason", "receipt")
                    .put("location", "east");
            keeper.adjust(before, east, UUID.randomUUID().toString());
            var created = create();
            await().until(() -> snapshot.copy().containsKey(Snapshot.stockKey(created, "main")));
            assertThat(snapshot.copy().get(key).get("onHand").longValue()).isEqualTo(3);
            assertThat(snapshot.copy().get(key).get("version"))
                    .isEqualTo(keeper.stock(before, "main").get("version"));
            assertThat(snapshot.copy()
                            .get(Snapshot.stockKey(before, "east"))
                            .get("onHand")
                            .longValue())
                    .isEqualTo(3);
        }
    }

    @Test
    void aSnapshotTellsWhyItStops() {
        var why = new CompletableFuture<String>();
        try (var snapshot = Snapshot.products(client(), new Snapshot.Listener() {
            @Override
            public void stopped(String code, String detail) {
                why.complete(code);
            }
        })) {
            assertThat(why.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join())
                    .isEqualTo("forbidden");
            assertThat(snapshot.copy()).isEmpty();
        }
    }
}
