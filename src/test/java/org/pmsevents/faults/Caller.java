package org.pmsevents.faults;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.pms.webhook.Signatures;

/**
 * A client that keeps to what <em>Retries and idempotency keys</em> tells clients: asks again under the same key, at another replica,
 * until an answer says what became of the request.
 */
final class Caller {
    private static final Duration TIMEOUT = Duration.ofSeconds(8);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration AVOIDED = Duration.ofSeconds(1);
    private static final int PAUSE_MILLIS = 200;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
    private final List<URI> replicas;
    private final Map<URI, Long> avoided = new ConcurrentHashMap<>();
    private final AtomicLong retries = new AtomicLong();
    private final AtomicLong replayed = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();

    Caller(List<URI> replicas) {
        this.replicas = List.copyOf(replicas);
    }

    /**
     * What is asked.
     *
     * @param role of the caller; null for the PMS, which signs instead
     * @param key the Idempotency-Key, or the id of the webhook; null for none
     * @param version for If-Match; null for none
     */
    record Call(
            String method,
            String path,
            @Nullable String body,
            @Nullable String role,
            @Nullable String key,
            @Nullable Long version,
            String traceId) {}

    /**
     * The answer that says what became of the call.
     *
     * @param attempts how often it was asked
     * @param asked when it was asked for the last time, by {@link System#nanoTime}
     * @param answered when that was answered
     */
    record Answer(int status, String body, boolean replayed, int attempts, long asked, long answered) {
        boolean said(String code) {
            return body.contains("\"" + code + "\"");
        }

        long number(String field) {
            return Client.json(body).path(field).longValue();
        }

        String text(String field) {
            return Client.json(body).path(field).asText();
        }
    }

    /** Asks any replica, and again, until there is an answer. */
    Answer ask(Call call, Random chance) throws InterruptedException {
        long giveUp = System.nanoTime() + PATIENCE.toNanos();
        for (int attempt = 1; ; attempt++) {
            var replica = healthy(chance);
            var answer = askOnce(replica, call, attempt);
            if (answer != null) {
                return answer;
            }
            avoided.put(replica, System.nanoTime() + AVOIDED.toNanos());
            if (System.nanoTime() > giveUp) {
                throw new AssertionError("nobody says what became of " + call + " within " + PATIENCE);
            }
            retries.incrementAndGet();
            pause();
        }
    }

    /** Asks this replica; null if its answer does not say what became of the call, or there is none. */
    @Nullable
    Answer askOnce(URI replica, Call call, int attempt) throws InterruptedException {
        long asked = System.nanoTime();
        try {
            var answer = http.send(request(replica, call), BodyHandlers.ofString());
            var told = new Answer(
                    answer.statusCode(), answer.body(), isReplayed(answer), attempt, asked, System.nanoTime());
            if (isOpen(told)) {
                if (told.said("outcome-unknown")) {
                    unknown.incrementAndGet();
                }
                return null;
            }
            if (told.replayed()) {
                replayed.incrementAndGet();
            }
            return told;
        } catch (IOException e) {
            return null;
        }
    }

    private static boolean isReplayed(HttpResponse<String> answer) {
        return answer.headers()
                .firstValue("Idempotent-Replayed")
                .map("true"::equals)
                .orElse(false);
    }

    /** 503, and a key that an earlier attempt still holds. */
    private static boolean isOpen(Answer answer) {
        return answer.status() == 503 || answer.status() == 409 && answer.said("idempotency-key-busy");
    }

    private static HttpRequest request(URI replica, Call call) {
        var body = call.body();
        var request = HttpRequest.newBuilder(replica.resolve(call.path()))
                .timeout(TIMEOUT)
                .header("traceparent", "00-" + call.traceId() + "-00f067aa0ba902b7-01")
                .method(call.method(), body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header(
                    "Content-Type",
                    call.method().equals("PATCH") ? "application/merge-patch+json" : "application/json");
        }
        if (call.version() != null) {
            request.header("If-Match", "\"" + call.version() + "\"");
        }
        if (call.role() != null) {
            request.header("Authorization", Tokens.bearer("load", call.role()));
            if (call.key() != null) {
                request.header("Idempotency-Key", call.key());
            }
        } else if (call.key() != null && body != null) {
            long now = Clock.systemUTC().instant().getEpochSecond();
            request.header(Webhook.ID, call.key())
                    .header(Webhook.TIME, Long.toString(now))
                    .header(Webhook.SIGNATURE, Signatures.of(call.key(), now, body));
        }
        return request.build();
    }

    /** Any replica that has not failed just now, as a load balancer would choose. */
    private URI healthy(Random chance) {
        long now = System.nanoTime();
        var healthy = replicas.stream()
                .filter(each -> avoided.getOrDefault(each, now) - now <= 0)
                .toList();
        var choice = healthy.isEmpty() ? replicas : healthy;
        return choice.get(chance.nextInt(choice.size()));
    }

    private static void pause() {
        CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS))
                .join();
    }

    /** How often something was asked again. */
    long retries() {
        return retries.get();
    }

    /** How many answers were those of an earlier request with the same key. */
    long replayed() {
        return replayed.get();
    }

    /** How many answers said that it is not known whether the change was made. */
    long unknown() {
        return unknown.get();
    }
}
