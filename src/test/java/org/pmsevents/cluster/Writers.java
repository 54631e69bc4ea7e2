package org.pmsevents.cluster;

import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.pmsevents.http.security.Tokens;

/**
 * Threads that change products, some of their own and some that they share, over whichever replica answers, and remember every
 * version that was acknowledged.
 */
final class Writers implements AutoCloseable {
    private static final Pattern VERSION = Pattern.compile("\"version\":(\\d+)");

    private static final Duration SETTLED = Duration.ofSeconds(60);
    private static final Duration AVOIDED = Duration.ofSeconds(1);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(1))
            .build();
    private final String token = Tokens.bearer("writer", "editor");
    private final String name;
    private final List<URI> replicas;
    private final Map<String, Set<Long>> acknowledged = new ConcurrentHashMap<>();
    private final Map<URI, Long> avoided = new ConcurrentHashMap<>();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicLong written = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private volatile boolean stopped;

    /** @param name first part of the SKUs */
    Writers(String name, List<URI> replicas, int count) {
        this.name = name;
        this.replicas = List.copyOf(replicas);
        for (int i = 0; i < count; i++) {
            int writer = i;
            var thread = new Thread(() -> write(writer), "writer " + i);
            thread.setUncaughtExceptionHandler((died, failure) -> failures.add(failure));
            threads.add(thread);
            thread.start();
        }
    }

    /** How many changes have been acknowledged so far. */
    long written() {
        return written.get();
    }

    /** Waits until so many more are acknowledged. */
    void awaitMore(int changes) {
        long until = written() + changes;
        await(changes + " changes").atMost(SETTLED).until(() -> written() >= until);
    }

    /** How many changes got no answer, or none that says what became of them. */
    int unanswered() {
        return unanswered.get();
    }

    /** How many of those were refused by the service, which then knows why; the others took too long, or had their connection cut. */
    int refused() {
        return refused.get();
    }

    Map<String, Set<Long>> acknowledged() {
        return acknowledged;
    }

    private void write(int writer) {
        var random = new Random(writer);
        for (int round = 0; !stopped; round++) {
            var replica = healthy(random);
            var sku = random.nextInt(3) == 0 ? name + "-hot" : name + "-" + writer + "-" + random.nextInt(3);
            try {
                change(replica, sku, writer + "/" + round);
            } catch (IOException e) {
                unanswered.incrementAndGet();
                avoided.put(replica, System.nanoTime() + AVOIDED.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Any replica that has not failed just now, as a load balancer would choose. */
    private URI healthy(Random random) {
        var now = System.nanoTime();
        var healthy = replicas.stream()
                .filter(each -> avoided.getOrDefault(each, now) - now <= 0)
                .toList();
        var choice = healthy.isEmpty() ? replicas : healthy;
        return choice.get(random.nextInt(choice.size()));
    }

    private void change(URI replica, String sku, String description) throws IOException, InterruptedException {
        var patched = send(
                replica,
                "/api/products/" + sku,
                "PATCH",
                "application/merge-patch+json",
                "{\"description\":\"" + description + "\"}");
        if (patched.statusCode() == 404) {
            send(
                    replica,
                    "/api/products",
                    "POST",
                    "application/json",
                    "{\"sku\":\"" + sku + "\",\"name\":\"Mug\",\"price\":{\"amount\":7.50,\"currency\":\"EUR\"}}");
        }
    }

    private HttpResponse<String> send(URI replica, String path, String method, String type, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(replica.resolve(path))
                .timeout(Duration.ofSeconds(3))
                .header("Authorization", token)
                .header("Content-Type", type)
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        switch (answer.statusCode()) {
            case 200, 201 -> remember(answer.body());
            case 404, 409 -> {}
            case 503 -> {
                refused.incrementAndGet();
                unanswered.incrementAndGet();
            }
            default -> throw new AssertionError("unexpected answer " + answer.statusCode() + ": " + answer.body());
        }
        return answer;
    }

    private void remember(String product) {
        var version = VERSION.matcher(product);
        if (!version.find()) {
            throw new AssertionError("no version in " + product);
        }
        var sku = product.substring(product.indexOf(":\"") + 2, product.indexOf("\","));
        boolean isNew = acknowledged
                .computeIfAbsent(sku, key -> ConcurrentHashMap.newKeySet())
                .add(Long.valueOf(version.group(1)));
        if (!isNew) {
            throw new AssertionError("acknowledged twice: " + product);
        }
        written.incrementAndGet();
    }

    /** Ends what is under way. */
    @Override
    public void close() throws InterruptedException {
        stopped = true;
        for (var thread : threads) {
            thread.join(30_000);
            if (thread.isAlive()) {
                throw new IllegalStateException(thread.getName() + " does not end");
            }
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException("a writer met what must not be", failures.get(0));
        }
    }
}
