package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;

/** Speaks to any replica and keeps the time of every sending. */
final class StockClient {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final String token = Tokens.bearer("stocktaker", "stock", "editor");

    /** Sends a request and adds what came back to its conversation. */
    Reply send(URI replica, Conversation conversation) {
        var request = conversation.request();
        var sending = to(replica, request.method(), request.path(), request.body());
        if (request.key() != null) {
            sending.header("Idempotency-Key", request.key());
        }
        long begin = System.nanoTime();
        var answer = exchange(sending);
        long end = System.nanoTime();
        var body = answer.body().isEmpty() ? MissingNode.getInstance() : Client.json(answer.body());
        boolean replayed = answer.headers()
                .firstValue("Idempotent-Replayed")
                .map(Boolean::valueOf)
                .orElse(false);
        var reply = new Reply(answer.statusCode(), body, replayed, begin, end);
        conversation.add(reply);
        if (!reply.isFinal()) {
            unanswered.incrementAndGet();
        }
        return reply;
    }

    /** How many sendings so far got no answer that says what became of them. */
    int unanswered() {
        return unanswered.get();
    }

    /** Sends it, with the same key, until somebody says what became of it. */
    Reply sendUntilAnswered(Iterable<URI> replicas, Conversation conversation) {
        long giveUp = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            for (var replica : replicas) {
                var reply = send(replica, conversation);
                if (reply.isFinal()) {
                    return reply;
                }
                if (System.nanoTime() > giveUp) {
                    throw new AssertionError("no final answer to " + conversation.request() + ", but " + reply);
                }
            }
        }
    }

    void createProduct(URI replica, String sku) {
        assertThat(exchange(to(replica, "POST", "/api/products", Client.product(sku)))
                        .statusCode())
                .isEqualTo(201);
    }

    void allowBackorders(URI replica, String location) {
        var answer = exchange(to(replica, "PUT", "/api/locations/" + location, "{\"backorders\":true}"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    /** The stock view of a place as any reader sees it. */
    Answer read(URI replica, Place place) {
        var answer = exchange(HttpRequest.newBuilder(
                        replica.resolve("/api/inventory/" + place.sku() + "?location=" + place.location()))
                .header("Authorization", token));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        var view = Client.json(answer.body());
        return Answer.accepted(
                0, view.path("onHand").longValue(), view.path("version").longValue());
    }

    private HttpRequest.Builder to(URI replica, String method, String path, String body) {
        return HttpRequest.newBuilder(replica.resolve(path))
                .timeout(PATIENCE)
                .header("Authorization", token)
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
    }

    private HttpResponse<String> exchange(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
