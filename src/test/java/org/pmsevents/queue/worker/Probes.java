package org.pmsevents.queue.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.pmsevents.Client;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.security.Tokens;

/** An operator who creates probes on replicas, and looks into the database for what became of them. */
final class Probes {
    private static final String OPERATOR = Tokens.bearer("otto", "operator");
    private static final int IN_FLIGHT = 32;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Connection database;

    Probes(Connection database) {
        this.database = database;
    }

    void create(List<Replica> replicas, int number, String payload) throws InterruptedException {
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

    /** Puts so many that do nothing into the queue, in one statement. */
    void insert(int number) throws SQLException {
        insert(number, "'{}'");
    }

    /** Puts so many of 1.5 to 3.4 s into the queue: those that a worker claims together do not end together. */
    void insertOfUnequalLength(int number) throws SQLException {
        insert(number, "json_build_object('steps', 15 + n % 20, 'stepMillis', 100)");
    }

    private void insert(int number, String payload) throws SQLException {
        try (var statement = database.prepareStatement("""
                INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)
                SELECT gen_random_uuid(), 'queue.probe', (%s)::json, 'available', 0, now(), 20, 'tester', repeat('a', 32)
                FROM generate_series(1, ?) AS n
                """.formatted(payload))) {
            statement.setInt(1, number);
            statement.execute();
        }
    }

    String create(Replica replica, String payload) throws Exception {
        return post(replica, "/api/jobs", "{\"kind\":\"queue.probe\",\"payload\":" + payload + "}")
                .get("id")
                .textValue();
    }

    JsonNode post(Replica replica, String path, String body) throws Exception {
        return Client.json(http.send(
                        request(replica, path)
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString())
                .body());
    }

    JsonNode read(Replica replica, String id) throws Exception {
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

    long count(String condition) throws SQLException {
        return number("SELECT count(*) FROM job WHERE " + condition);
    }

    /** How many attempts have failed, those included whose workers fell silent. */
    long errors() throws SQLException {
        return number("SELECT coalesce(sum(jsonb_array_length(errors)), 0) FROM job");
    }

    /** How many workers have jobs. */
    long workers() throws SQLException {
        return number("SELECT count(DISTINCT worker) FROM job WHERE state = 'running'");
    }

    private long number(String query) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
