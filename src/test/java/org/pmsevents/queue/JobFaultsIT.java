package org.pmsevents.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.security.Tokens;

/** What becomes of jobs when the processes that work on them are killed, paused or stopped. */
class JobFaultsIT {
    private static final String OPERATOR = Tokens.bearer("otto", "operator");
    private static final int IN_FLIGHT = 32;
    private static final Duration LONG = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();
    private Cluster cluster;
    private Connection database;

    @BeforeEach
    void startCluster() throws SQLException {
        start(Map.of("PMS_EVENTS_QUEUE_LEASE", "3s"));
    }

    private void start(Map<String, String> settings) throws SQLException {
        cluster = new Cluster(settings);
        database = cluster.database();
    }

    @AfterEach
    void stopCluster() throws SQLException, IOException {
        database.close();
        cluster.close();
    }

    @Test
    void tenThousandJobsOnTwoReplicasAreCompletedOnceEach() throws Exception {
        var replicas = List.of(cluster.start(0), cluster.start(0));
        create(replicas, 10_000, "{}");
        await().atMost(LONG).until(() -> count("state <> 'completed' AND kind = 'queue.probe'") == 0);
        assertThat(count("kind = 'queue.probe'")).isEqualTo(10_000);
        assertThat(
                        count(
                                "kind = 'queue.probe' AND (attempt <> 1 OR token <> 1 OR errors <> '[]' OR (result ->> 'token') <> '1')"))
                .isZero();
    }

    @Test
    void killingAWorkerLosesNoJob() throws Exception {
        var killed = cluster.start(0);
        var other = cluster.start(0);
        create(List.of(killed, other), 300, "{\"steps\":5,\"stepMillis\":100}");
        await().until(() -> count("state = 'running'") > 16);
        killed.kill();
        long running = count("state = 'running'");
        assertThat(running).isPositive();
        await().atMost(LONG).until(() -> count("state <> 'completed' AND kind = 'queue.probe'") == 0);
        assertThat(count("kind = 'queue.probe'")).isEqualTo(300);
        assertThat(count("attempt > 2")).isZero();
        assertThat(count("attempt = 2")).isBetween(1L, 16L);
        assertThat(count("attempt = 2 AND errors -> 0 ->> 'error' = 'its worker has gone silent'"))
                .isEqualTo(count("attempt = 2"));
    }

    @Test
    void aWorkerThatWakesUpLateCanNotCompleteWhatAnotherOneTookOver() throws Exception {
        var paused = cluster.start(0);
        var id = create(paused, "{\"steps\":8,\"stepMillis\":250}");
        await().until(() -> read(paused, id).get("state").textValue().equals("running"));
        paused.pause();
        var other = cluster.start(0);
        await().atMost(LONG).until(() -> read(other, id).get("attempt").intValue() == 2);
        paused.resume();
        await().atMost(LONG)
                .until(() -> read(other, id).get("state").textValue().equals("completed"));
        var job = read(other, id);
        assertThat(job.get("result")).hasToString("{\"attempt\":2,\"token\":2}");
        assertThat(job.get("errors")).hasSize(1);
        // the late one has answered again by now, and changed nothing
        await().until(paused::isReady);
        assertThat(read(paused, id)).isEqualTo(job);
        assertThat(count("token <> 2 AND kind = 'queue.probe'")).isZero();
    }

    @Test
    void aWorkerThatIsStoppedGivesItsJobsBackAtOnceAndUsesUpNoAttempt() throws Exception {
        stopCluster();
        start(Map.of("PMS_EVENTS_QUEUE_LEASE", "10m"));
        var stopped = cluster.start(0);
        var id = create(stopped, "{\"steps\":1,\"stepMillis\":10000}");
        await().until(() -> read(stopped, id).get("state").textValue().equals("running"));
        var other = cluster.start(0);
        stopped.terminate();
        await().until(() -> read(other, id).get("state").textValue().equals("running"));
        var job = read(other, id);
        assertThat(job.get("attempt").intValue()).isEqualTo(1);
        assertThat(job.get("errors")).isEmpty();
        post(other, "/api/jobs/" + id + "/cancel", "");
        await().until(() -> read(other, id).get("state").textValue().equals("cancelled"));
    }

    @Test
    void aJobIsCancelledWhereverItRuns() throws Exception {
        var runs = cluster.start(0);
        var id = create(runs, "{\"steps\":100,\"stepMillis\":1000}");
        await().until(() -> read(runs, id).get("state").textValue().equals("running"));
        var other = cluster.start(0);
        var asked = post(other, "/api/jobs/" + id + "/cancel", "");
        assertThat(asked.get("state").textValue()).isEqualTo("running");
        await().until(() -> read(other, id).get("state").textValue().equals("cancelled"));
    }

    private void create(List<Replica> replicas, int number, String payload) throws InterruptedException {
        var free = new Semaphore(IN_FLIGHT);
        var answers = new ArrayList<CompletableFuture<Integer>>(number);
        var body = "{\"kind\":\"queue.probe\",\"payload\":" + payload + "}";
        for (int i = 0; i < number; i++) {
            free.acquire();
            answers.add(http.sendAsync(
                            request(replicas.get(i % replicas.size()), "/api/jobs")
                                    .POST(BodyPublishers.ofString(body))
                                    .build(),
                            BodyHandlers.discarding())
                    .whenComplete((answer, failure) -> free.release())
                    .thenApply(answer -> answer.statusCode()));
        }
        assertThat(answers).allSatisfy(answer -> assertThat(answer.join()).isEqualTo(202));
    }

    private String create(Replica replica, String payload) throws Exception {
        return post(replica, "/api/jobs", "{\"kind\":\"queue.probe\",\"payload\":" + payload + "}")
                .get("id")
                .textValue();
    }

    private JsonNode post(Replica replica, String path, String body) throws Exception {
        return Client.json(http.send(
                        request(replica, path)
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString())
                .body());
    }

    private JsonNode read(Replica replica, String id) throws Exception {
        return Client.json(http.send(request(replica, "/api/jobs/" + id).build(), BodyHandlers.ofString())
                .body());
    }

    private static HttpRequest.Builder request(Replica replica, String path) {
        URI address = replica.address().resolve(path);
        return HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(20))
                .header("Authorization", OPERATOR)
                .header("Content-Type", "application/json");
    }

    private long count(String condition) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM job WHERE " + condition)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
