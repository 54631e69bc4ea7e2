package org.pmsevents.bench;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.Replica;
import org.pmsevents.day.DayLine;
import org.pmsevents.http.security.Tokens;

/** Imports of many products and counts while the lines of the trading day are sold at a fixed rate: how long both take. */
class ImportBench {
    private static final int LINES = Integer.getInteger("bench.lines", 100_000);
    private static final int RATE = 50;
    private static final int CONNECTIONS = 16;
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 60));
    private static final Duration QUIET = Duration.ofSeconds(Integer.getInteger("bench.seconds", 30));
    private static final Duration LONGEST = Duration.ofMinutes(10);
    private static final String TOKEN = Tokens.bearer("bench", "editor", "stock");

    private final AtomicInteger sold = new AtomicInteger();

    @Test
    void importsBesideTheTradingDay() throws Exception {
        var day = DayLine.ofTheMostMoved(100);
        var skus = day.stream().map(DayLine::sku).distinct().toList();
        try (var servers = new BenchServers();
                var replica = servers.service("bench")) {
            var server = replica.address();
            put(server, "products&currency=EUR", "sku,name,price\n" + lines(skus, sku -> sku + ",Goods,1.00"));
            put(server, "counts", "sku,onHand\n" + lines(skus, sku -> sku + ",1000000"));
            var shop = new HttpLoad(server, CONNECTIONS, () -> sale(server, day)).perSecond(RATE);
            shop.run(WARM_UP);
            System.out.printf(
                    "%n%d adjustments/s of the trading day, alone and beside imports of %d lines%n%-10s %8s %8s %8s %8s %9s %9s%n",
                    RATE, LINES, "beside", "seconds", "lines/s", "p50 ms", "p99 ms", "live MiB", "peak MiB");
            print("nothing", shop.run(QUIET).allDone(), 0, replica);
            beside("products", shop, replica, "products&currency=EUR", products());
            print("nothing", shop.run(QUIET).allDone(), 0, replica);
            beside("counts", shop, replica, "counts", counts());
            print("nothing", shop.run(QUIET).allDone(), 0, replica);
        }
    }

    private static String lines(List<String> skus, UnaryOperator<String> line) {
        return skus.stream().map(line).collect(Collectors.joining("\n"));
    }

    private static String products() {
        return file(
                "sku,name,description,price,tags",
                n -> "I-" + n + ",Product " + n + ",With a description of some length," + n % 100 + ".50,bench|new");
    }

    private static String counts() {
        return file("sku,onHand", n -> "I-" + n + "," + (n % 500 + 1));
    }

    private static String file(String head, IntFunction<String> line) {
        return IntStream.range(0, LINES).mapToObj(line).collect(Collectors.joining("\n", head + "\n", "\n"));
    }

    private String sale(URI server, List<DayLine> day) {
        var line = day.get(sold.getAndIncrement() % day.size());
        var body = "{\"delta\":" + line.delta() + ",\"reason\":\"" + (line.delta() < 0 ? "sale" : "return") + "\"}";
        return "POST /api/inventory/" + line.sku() + "/adjustments HTTP/1.1\r\nHost: " + server.getAuthority()
                + "\r\nAuthorization: " + TOKEN + "\r\nContent-Type: application/json\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private static void beside(String name, HttpLoad shop, Replica replica, String kind, String file) throws Exception {
        long begin = System.nanoTime();
        var done = CompletableFuture.supplyAsync(() -> put(replica.address(), kind, file));
        var load = shop.until(done::isDone).run(LONGEST).allDone();
        assertThat(done.get().get("rejected").intValue()).isZero();
        print(name, load, (System.nanoTime() - begin) / 1e9, replica);
    }

    /** Imports, and waits for the end of it. */
    private static JsonNode put(URI server, String kind, String file) {
        var client = given().baseUri(server.toString()).header("Authorization", TOKEN);
        var id = Client.json(client.contentType("text/csv").body(file).post("/api/imports?kind=" + kind))
                .get("id")
                .textValue();
        var reader = given().baseUri(server.toString()).header("Authorization", TOKEN);
        return await().atMost(LONGEST)
                .until(
                        () -> Client.json(reader.get("/api/imports/" + id)),
                        view -> view.get("state").textValue().equals("completed"));
    }

    private static void print(String beside, HttpLoad.Result shop, double seconds, Replica replica) throws Exception {
        System.out.printf(
                "%-10s %8.1f %8.0f %8.1f %8.1f %9d %9d%n",
                beside,
                seconds,
                seconds == 0 ? 0 : LINES / seconds,
                shop.millis(0.5),
                shop.millis(0.99),
                replica.liveBytes() >> 20,
                replica.peakBytes() >> 20);
    }
}
