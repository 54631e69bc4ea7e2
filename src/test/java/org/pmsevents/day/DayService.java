package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.Client;
import org.pmsevents.pms.webhook.Signatures;

/**
 * The replicas of a service, asked in turn; what gets no answer, or none that says what became of it, is asked again of the next
 * one, a few times and with the same key.
 */
final class DayService {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int ATTEMPTS = 8;
    private static final long SHORTEST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 2_000;
    private static final String KEY = "Idempotency-Key";

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    private final List<URI> replicas;
    private final String authorization;
    private final AtomicInteger turn = new AtomicInteger();
    private final Queue<String> askedAgain = new ConcurrentLinkedQueue<>();

    DayService(List<URI> replicas, String token) {
        this.replicas = List.copyOf(replicas);
        this.authorization = "Bearer " + token;
    }

    /** @param replayed the service says that this is the answer to an earlier request with the same key */
    record Answer(int status, boolean replayed, JsonNode body) {

        boolean isReplayOf(Answer first) {
            return replayed && status == first.status && body.equals(first.body);
        }
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    Answer get(String path) {
        return ask(request(path).GET());
    }

    Answer put(String path, JsonNode body) {
        return ask(
                request(path).header("Content-Type", "application/json").PUT(BodyPublishers.ofString(body.toString())));
    }

    Answer post(String path, String key, JsonNode body) {
        return ask(request(path)
                .header("Content-Type", "application/json")
                .header(KEY, key)
                .POST(BodyPublishers.ofString(body.toString())));
    }

    /** Delivers a webhook as the PMS does: signed, without a token. */
    Answer deliver(String path, String id, String body) {
        long now = Clock.systemUTC().instant().getEpochSecond();
        return ask(HttpRequest.newBuilder(URI.create("http://any" + path))
                .timeout(TIMEOUT)
                .header("Content-Type", "application/json")
                .header("webhook-id", id)
                .header("webhook-timestamp", Long.toString(now))
                .header("webhook-signature", Signatures.of(id, now, body))
                .POST(BodyPublishers.ofString(body)));
    }

    /** The requests that had to be repeated, with the reason; each repetition counts. */
    List<String> askedAgain() {
        return List.copyOf(askedAgain);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://any" + path))
                .timeout(TIMEOUT)
                .header("Authorization", authorization);
    }

    private Answer ask(HttpRequest.Builder request) {
        var path = request.build().uri();
        String last = "";
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (attempt > 0) {
                askedAgain.add(path.getRawPath() + ": " + last);
                pause(Math.min(LONGEST_PAUSE_MILLIS, SHORTEST_PAUSE_MILLIS << attempt));
            }
            var replica = replicas.get(Math.floorMod(turn.getAndIncrement(), replicas.size()));
            try {
                var answer = http.send(request.uri(at(replica, path)).build(), BodyHandlers.ofString());
                if (!isOpen(answer, attempt)) {
                    return answer(answer);
                }
                last = answer.statusCode() + " " + answer.body();
            } catch (IOException e) {
                last = e.toString();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
        throw new IllegalStateException(
                "asked " + replicas + " " + ATTEMPTS + " times for " + path.getRawPath() + ", at last: " + last);
    }

    private static URI at(URI replica, URI path) {
        return replica.resolve(path.getRawPath() + (path.getRawQuery() == null ? "" : "?" + path.getRawQuery()));
    }

    /** A busy key means, after a request without an answer, that this one is still at work. */
    private static boolean isOpen(HttpResponse<String> answer, int attempt) {
        return answer.statusCode() == 503
                || (attempt > 0 && answer.statusCode() == 409 && answer.body().contains("\"idempotency-key-busy\""));
    }

    private static Answer answer(HttpResponse<String> answer) {
        var type = answer.headers().firstValue("Content-Type").orElse("nothing");
        if (!type.contains("json")) {
            throw new IllegalStateException(
                    answer.uri() + " answered " + answer.statusCode() + " with " + type + ", is this the service?");
        }
        return new Answer(
                answer.statusCode(),
                answer.headers().firstValue("Idempotent-Replayed").orElse("").equals("true"),
                Client.json(answer.body()));
    }

    private static void pause(long millis) {
        CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS))
                .join();
    }
}
