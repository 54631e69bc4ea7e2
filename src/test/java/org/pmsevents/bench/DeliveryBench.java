package org.pmsevents.bench;

import static io.restassured.RestAssured.given;
import static org.pmsevents.Waiting.await;

import io.restassured.specification.RequestSpecification;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.security.Tokens;

/**
 * Deliveries to a webhook that answers at once, beside the same requests by a bare client; how long an event takes to arrive, alone and
 * beside receivers that are dead.
 */
class DeliveryBench {
    private static final int SKUS = 1_000;
    private static final int EVENTS = Integer.getInteger("bench.events", 10_000);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 3);
    private static final int RATE = 50;
    private static final int GOOD = 20;
    private static final int DEAD = 200;
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 30));
    private static final Duration MEASURED = Duration.ofSeconds(Integer.getInteger("bench.seconds", 20));
    private static final Duration LONGEST = Duration.ofMinutes(3);
    private static final String TOKEN = Tokens.bearer("bench", "admin");
    private static final String TIMESTAMP = "\"timestamp\":\"";

    private static final String PRODUCTS = """
            INSERT INTO product SELECT 'B' || n, 'Bench', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL
            FROM generate_series(1, %d) AS n;
            INSERT INTO stock (sku, location, on_hand) SELECT 'B' || n, 'main', 1000000 FROM generate_series(1, %d) AS n;
            """.formatted(SKUS, SKUS);

    private final Vertx vertx = Vertx.vertx();
    private final AtomicLong arrived = new AtomicLong();
    /** Milliseconds from when an event was made, before its change was written, to its arrival. */
    private final Queue<Long> latencies = new ConcurrentLinkedQueue<>();

    private int made;

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private HttpServer receiver() throws Exception {
        return vertx.createHttpServer()
                .requestHandler(request -> request.body().onSuccess(body -> take(request, body.toString())))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    private void take(HttpServerRequest request, String body) {
        long now = System.currentTimeMillis();
        int events = 0;
        for (int at = body.indexOf(TIMESTAMP); at >= 0; at = body.indexOf(TIMESTAMP, at + 1)) {
            events++;
            int begin = at + TIMESTAMP.length();
            latencies.add(now
                    - Instant.parse(body.substring(begin, body.indexOf('"', begin)))
                            .toEpochMilli());
        }
        arrived.addAndGet(events);
        request.response().end();
    }

    private static String url(HttpServer receiver) {
        return "http://127.0.0.1:" + receiver.actualPort() + "/hook";
    }

    /** @return its id */
    private String subscribe(Replica replica, String url, String start, int batch, int lanes) {
        var body = """
                {"name":"bench-%d","types":["inventory.updated"],"start":"%s",
                 "delivery":{"kind":"webhook","url":"%s","batch":%d,"lanes":%d}}
                """.formatted(made++, start, url, batch, lanes);
        return Client.json(
                        at(replica).contentType("application/json").body(body).post("/api/subscriptions"))
                .at("/id")
                .textValue();
    }

    private static RequestSpecification at(Replica replica) {
        return given().baseUri(replica.address().toString()).header("Authorization", TOKEN);
    }

    private static String adjustment(URI server) {
        var body = "{\"delta\":1,\"reason\":\"receipt\"}";
        int sku = ThreadLocalRandom.current().nextInt(1, SKUS + 1);
        return "POST /api/inventory/B" + sku + "/adjustments HTTP/1.1\r\nHost: " + server.getAuthority()
                + "\r\nAuthorization: " + TOKEN + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void deliveriesBesideABareClient() throws Exception {
        try (var servers = new BenchServers();
                var replica = servers.service("bench")) {
            var server = replica.address();
            servers.forService(PRODUCTS);
            var receiver = receiver();
            var epoch = Client.json(at(replica).get("/api/events?after=0&limit=1"))
                    .get("epoch")
                    .textValue();
            for (int[] way : new int[][] {{1, 1}, {1, 16}, {100, 1}, {100, 16}}) {
                var comparison = new Comparison(
                        "deliveries-" + way[0] + "-" + way[1],
                        "events/s, batch " + way[0] + ", lanes " + way[1] + "; the same requests by a bare client");
                for (int i = 0; i < ROUNDS; i++) {
                    long from = servers.askService("SELECT coalesce(max(position), 0) FROM event");
                    var left = new AtomicInteger(EVENTS);
                    new HttpLoad(server, 64, () -> left.getAndDecrement() > 0 ? adjustment(server) : null).run(LONGEST);
                    var sample = at(replica).get("/api/events?limit=1&after=" + from);
                    double limit =
                            bare(receiver, Client.json(sample).at("/items/0").toString(), way[0], way[1]);
                    arrived.set(0);
                    var before = replica.cpuTime();
                    long begin = System.nanoTime();
                    var id = subscribe(replica, url(receiver), epoch + ":" + from, way[0], way[1]);
                    await().atMost(LONGEST).until(() -> arrived.get() >= EVENTS);
                    double perSecond = EVENTS * 1e9 / (System.nanoTime() - begin);
                    var cpu = replica.cpuTime().minus(before);
                    comparison.round(limit, perSecond, Map.of("CPU µs each", cpu.toNanos() / 1e3 / EVENTS));
                    at(replica).delete("/api/subscriptions/" + id);
                }
                comparison.report();
            }
        }
    }

    /** The same events in as many requests, so many of them at once. Returns events a second. */
    private double bare(HttpServer receiver, String event, int batch, int lanes) throws Exception {
        var client = vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(lanes));
        var body = Buffer.buffer(batch == 1 ? event : "[" + (event + ",").repeat(batch - 1) + event + "]");
        var left = new AtomicInteger(EVENTS / batch);
        arrived.set(0);
        long begin = System.nanoTime();
        for (int i = 0; i < lanes; i++) {
            post(client, receiver, body, left);
        }
        await().atMost(LONGEST).until(() -> arrived.get() >= EVENTS / batch * (long) batch);
        double perSecond = EVENTS * 1e9 / (System.nanoTime() - begin);
        client.close();
        return perSecond;
    }

    private static void post(HttpClient client, HttpServer receiver, Buffer body, AtomicInteger left) {
        if (left.getAndDecrement() > 0) {
            client.request(HttpMethod.POST, receiver.actualPort(), "127.0.0.1", "/hook")
                    .compose(request -> request.send(body))
                    .compose(answer -> answer.end())
                    .onSuccess(done -> post(client, receiver, body, left));
        }
    }

    @Test
    void latencyAloneAndBesideDeadReceivers() throws Exception {
        try (var servers = new BenchServers();
                var replica = servers.service("bench")) {
            var server = replica.address();
            servers.forService(PRODUCTS);
            for (int i = 0; i < GOOD; i++) {
                subscribe(replica, url(receiver()), "now", 1, 4);
            }
            var load = new HttpLoad(server, 8, () -> adjustment(server)).perSecond(RATE);
            load.run(WARM_UP);
            System.out.printf(
                    "%nms from before the commit to arrival at %d events/s, %d good receivers%n%-12s %8s %8s %9s%n",
                    RATE, GOOD, "beside", "p50", "p99", "live MiB");
            measured("nothing", load, replica);
            var silent = vertx.createHttpServer()
                    .requestHandler(request -> {})
                    .listen(0, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            for (int i = 0; i < DEAD; i++) {
                subscribe(
                        replica,
                        i % 2 == 0 ? url(silent) : "http://127.0.0.1:" + Cluster.freePort() + "/hook",
                        "now",
                        1,
                        4);
            }
            load.run(WARM_UP);
            measured(DEAD + " dead", load, replica);
        }
    }

    private void measured(String beside, HttpLoad load, Replica replica) throws Exception {
        latencies.clear();
        load.run(MEASURED).allDone();
        var sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        System.out.printf(
                "%-12s %8d %8d %9d%n",
                beside, sorted[sorted.length / 2], sorted[(int) (sorted.length * 0.99)], replica.liveBytes() >> 20);
    }
}
