package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.restassured.specification.RequestSpecification;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;

/** What admins are told by several replicas, of which one is killed, and after PostgreSQL was away. */
@Tag("native")
@Tag("native-suffices")
class AlertsIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String DISCARDED = "job-discarded:queue.probe";
    private static final int JOBS = 300;

    private static Cluster cluster;
    private static Connection database;
    private static Replica replica;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of("PMS_EVENTS_QUEUE_LEASE", "2s"));
        database = cluster.database();
        replica = cluster.start(0);
        await().atMost(SOON).until(replica::isReady);
    }

    @AfterAll
    static void stopCluster() throws Exception {
        database.close();
        cluster.close();
    }

    private static RequestSpecification operator() {
        return given().baseUri(replica.address().toString())
                .header("Authorization", Tokens.bearer("otto", "operator"))
                .contentType("application/json");
    }

    private static long ask(String sql, String key) throws SQLException {
        try (var query = database.prepareStatement(sql)) {
            query.setString(1, key);
            try (var rows = query.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    private static long messages(String key) throws SQLException {
        return ask("SELECT count(*) FROM job WHERE kind = 'admin.alert' AND payload->>'key' = ?", key);
    }

    private static long told(String key) throws SQLException {
        return ask(
                "SELECT coalesce(sum((payload->>'count')::bigint), 0) FROM job WHERE kind = 'admin.alert' AND payload->>'key' = ?",
                key);
    }

    private static long counted(String key) throws SQLException {
        return told(key) + ask("SELECT held_back FROM alert WHERE key = ?", key);
    }

    /** What an operator hears who listens for alerts. */
    private static List<String> alerts(Replica from) {
        var frames = new CopyOnWriteArrayList<String>();
        var subscribed = new CompletableFuture<Void>();
        var uri = URI.create(from.address().toString().replace("http", "ws") + "/ws?topics=admin.alert");
        HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .header("Authorization", Tokens.bearer("otto", "operator"))
                .buildAsync(uri, new WebSocket.Listener() {
                    private final StringBuilder text = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
                        text.append(part);
                        if (last) {
                            if (text.indexOf("\"op\":\"subscribed\"") > 0) {
                                subscribed.complete(null);
                            } else if (text.indexOf("\"op\":\"alert\"") > 0) {
                                frames.add(text.toString());
                            }
                            text.setLength(0);
                        }
                        socket.request(1);
                        return null;
                    }
                })
                .join();
        subscribed.join();
        return frames;
    }

    @Test
    void ofHundredsOnThreeReplicasOneIsToldAndTheOthersAreSummedUpThoughOneIsKilled() throws Exception {
        var second = cluster.start(0);
        var victim = cluster.start(0);
        await().atMost(SOON).until(() -> second.isReady() && victim.isReady());
        var heard = List.of(alerts(replica), alerts(second));
        IntStream.range(0, JOBS)
                .parallel()
                .forEach(i -> operator()
                        .body(
                                "{\"kind\":\"queue.probe\",\"payload\":{\"steps\":2,\"stepMillis\":50,\"failures\":1},\"maxAttempts\":1}")
                        .post("/api/jobs")
                        .then()
                        .statusCode(202));
        await().atMost(SOON).until(() -> counted(DISCARDED) > JOBS / 5);
        victim.kill();
        await().atMost(SOON)
                .until(() ->
                        ask("SELECT count(*) FROM job WHERE kind = ? AND state = 'discarded'", "queue.probe") == JOBS);
        assertThat(counted(DISCARDED)).isEqualTo(JOBS);
        assertThat(messages(DISCARDED)).isEqualTo(1);

        ask("UPDATE alert SET window_until = now() WHERE key = ? RETURNING 1", DISCARDED);
        await().atMost(SOON).until(() -> told(DISCARDED) == JOBS);
        assertThat(messages(DISCARDED)).isEqualTo(2);
        for (var frames : heard) {
            await().atMost(SOON)
                    .until(() -> frames.stream().anyMatch(frame -> frame.contains("\"count\":" + (JOBS - 1))));
        }
        second.close();
    }

    @Test
    void whatIsRaisedWhilePostgresIsAwayArrivesLater() throws Exception {
        var key = "system:database-unavailable";
        int requests = 20;
        cluster.postgres().takeAway();
        try {
            await().atMost(SOON)
                    .until(() -> operator().get("/api/events?after=0").statusCode() == 503);
            IntStream.range(0, requests)
                    .parallel()
                    .forEach(i -> operator().get("/api/events?after=0").then().statusCode(503));
        } finally {
            cluster.postgres().bringBack();
        }
        await().atMost(SOON).until(() -> counted(key) >= requests);
        assertThat(messages(key)).isEqualTo(1);
    }
}
