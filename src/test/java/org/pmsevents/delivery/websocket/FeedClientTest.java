package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.OpenConnections;
import io.restassured.RestAssured;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;

@QuarkusTest
class FeedClientTest {
    @TestHTTPResource("/ws")
    URI address;

    private final OpenConnections connections;
    private final List<String> heard = new CopyOnWriteArrayList<>();

    FeedClientTest(OpenConnections connections) {
        this.connections = connections;
    }

    private FeedClient client() {
        return FeedClient.of(List.of(URI.create("ws" + address.toString().substring(4))))
                .token(() -> Tokens.of("reader", "viewer"))
                .pauses(Duration.ofMillis(10), Duration.ofMillis(100));
    }

    private static String create() {
        var sku = "ws-" + UUID.randomUUID();
        RestAssured.given()
                .header("Authorization", Tokens.bearer("writer", "editor"))
                .contentType("application/json")
                .body("{\"sku\":\"" + sku + "\",\"name\":\"A\",\"price\":{\"amount\":1,\"currency\":\"EUR\"}}")
                .post("/api/products")
                .then()
                .statusCode(201);
        return sku;
    }

    private void remember(JsonNode event) {
        heard.add(event.at("/payload/sku").asText());
    }

    @Test
    void aLostConnectionCostsNoEvent() {
        try (var client = client().topics("product.*").start(this::remember)) {
            await().until(() -> client.position() != null);
            var first = create();
            await().until(() -> heard.contains(first));

            connections.forEach(each -> each.closeAndAwait(new CloseReason(1012, "test")));
            var second = create();
            var third = create();

            await().until(() -> heard.contains(third));
            assertThat(heard).containsSubsequence(first, second, third).doesNotHaveDuplicates();
            assertThat(client.subscriptions()).isEqualTo(2);
        }
    }

    @Test
    void aConnectionThatTheClientDropsCostsNoEvent() {
        try (var client = client().topics("product.*").start(this::remember)) {
            await().until(() -> client.position() != null);
            var first = create();
            await().until(() -> heard.contains(first));

            client.drop();
            var second = create();

            await().until(() -> heard.contains(second));
            assertThat(heard).containsSubsequence(first, second).doesNotHaveDuplicates();
            assertThat(client.subscriptions()).isEqualTo(2);
        }
    }

    @Test
    void anEventThatTheReaderFailsOnIsBroughtAgain() {
        var failures = new AtomicInteger();
        try (var client = client().topics("product.*").start(event -> {
            if (failures.incrementAndGet() == 1) {
                throw new IllegalStateException("not now");
            }
            remember(event);
        })) {
            await().until(() -> client.position() != null);
            var sku = create();
            await().until(() -> heard.contains(sku));
        }
    }

    @Test
    void aRefusedTopicEndsTheClient() {
        try (var client = client().topics("queue.*").start(this::remember)) {
            await().until(() -> client.whyGivenUp() != null);
            assertThat(client.whyGivenUp()).isEqualTo("topic-not-allowed");
        }
    }

    private FeedClient.GivenUp givenUp(FeedClient client) {
        var why = new CompletableFuture<FeedClient.GivenUp>();
        try (client) {
            client.onGiveUp(why::complete).start(this::remember);
            return why.orTimeout(30, TimeUnit.SECONDS).join();
        }
    }

    @Test
    void theClientTellsWhyItGivesUp() {
        var why = givenUp(client().topics("queue.*"));
        assertThat(why.code()).isEqualTo("topic-not-allowed");
        assertThat(why.detail()).isNotEmpty();

        why = givenUp(client().token(() -> Tokens.of("reader")).topics("product.*"));
        assertThat(why.code()).isEqualTo("forbidden");
        assertThat(why.detail()).contains("viewer");
    }

    @Test
    void aRefusedTokenEndsTheClientUnlessThereIsAnotherOne() {
        var asked = new AtomicInteger();
        var why = givenUp(client().topics("product.*").token(() -> {
            asked.incrementAndGet();
            return "nonsense";
        }));
        assertThat(why.code()).isEqualTo("unauthenticated");
        assertThat(why.detail()).contains("JSON Web Token");
        assertThat(asked).hasValue(2);

        asked.set(0);
        assertThat(givenUp(client().topics("product.*").token(() -> "nonsense " + asked.incrementAndGet()))
                        .code())
                .isEqualTo("unauthenticated");
        assertThat(asked).hasValue(3);

        asked.set(0);
        try (var client = client().topics("product.*")
                .token(() -> asked.incrementAndGet() == 1 ? "nonsense" : Tokens.of("reader", "viewer"))
                .start(this::remember)) {
            await().until(() -> client.position() != null);
            assertThat(client.whyGivenUp()).isNull();
        }
    }
}
