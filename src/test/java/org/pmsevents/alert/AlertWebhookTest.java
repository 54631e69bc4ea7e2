package org.pmsevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.standardwebhooks.Webhook;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.eventbus.EventBus;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.event.Alert;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.RequestContext;

/** The webhook against a real HTTP server: what it is sent, and what becomes of each of its answers. */
@QuarkusTest
@TestProfile(WithWebhook.class)
class AlertWebhookTest {
    private static final int OK = 200;

    private final String key = "hook:" + UUID.randomUUID();
    private final Client operator = Client.of("otto", "operator");
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private HttpServer server;
    private volatile Answer answer = (number, exchange) -> exchange.sendResponseHeaders(OK, -1);

    @Inject
    AdminConfig config;

    @Inject
    AdminNotifier notifier;

    @Inject
    Told told;

    @Inject
    EventBus bus;

    private interface Answer {
        void give(int number, HttpExchange exchange) throws IOException;
    }

    private record Request(String method, URI target, HttpHeaders headers, String body) {
        String header(String name) {
            return headers.firstValue(name).orElseThrow();
        }

        JsonNode json() {
            return Client.json(body);
        }
    }

    @BeforeEach
    void listen() throws IOException {
        var url = URI.create(config.webhookUrl().orElseThrow());
        server = HttpServer.create(new InetSocketAddress(url.getHost(), url.getPort()), 50);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void handle(HttpExchange exchange) throws IOException {
        var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (!Client.json(body).at("/data/key").asText().equals(key)) {
            exchange.sendResponseHeaders(OK, -1);
            exchange.close();
            return;
        }
        requests.add(new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI(),
                HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true),
                body));
        answer.give(requests.size(), exchange);
    }

    private void raise(String detail) {
        notifier.raise(Alert.critical(key, "Something happened", detail, "thing", RequestContext.system()));
    }

    private JsonNode job() {
        for (var row : told.execute(
                "SELECT row_to_json(j)::text AS job FROM job AS j WHERE kind = 'admin.webhook' AND payload->>'key' = $1",
                key)) {
            return Client.json(row.getString("job"));
        }
        return Client.json("{}");
    }

    private JsonNode awaitState(String state) {
        await("the job becomes " + state)
                .atMost(Duration.ofSeconds(20))
                .until(() -> job().path("state").asText().equals(state));
        return job();
    }

    /** As a receiver would that uses the published library. */
    private static void verify(Request request) throws Exception {
        new Webhook(WithWebhook.SECRET).verify(request.body(), request.headers());
    }

    @Test
    void anAlertIsPostedOnceAndSigned() throws Exception {
        raise("é✓ \"quoted\"");
        raise("held back");
        var job = awaitState("completed");
        assertThat(job.at("/result/status").intValue()).isEqualTo(OK);
        assertThat(requests).hasSize(1);
        var request = requests.get(0);
        verify(request);
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.target()).hasToString("/hook?for=admins");
        assertThat(request.header("content-type")).isEqualTo("application/json");
        assertThat(request.header("webhook-id")).isEqualTo(job.get("id").textValue());
        assertThat(request.header("traceparent"))
                .startsWith("00-" + job.get("trace_id").textValue() + "-");
        assertThat(request.json().fieldNames()).toIterable().containsExactly("type", "timestamp", "data");
        assertThat(request.json().get("type").textValue()).isEqualTo("admin.alert");
        assertThat(request.json().at("/data/traceId")).isEqualTo(job.get("trace_id"));
        assertThat(request.json().at("/data/severity").textValue()).isEqualTo("critical");
        await().until(() -> told.counted(key) == 2);
        told.endWindow(key);
        await().until(() -> requests.size() == 2);
        verify(requests.get(1));
        assertThat(requests.get(1).json().at("/data/summary").booleanValue()).isTrue();
        assertThat(requests.get(1).header("webhook-id")).isNotEqualTo(request.header("webhook-id"));
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 204, 299})
    void anyGoodAnswerWillDo(int status) {
        answer = (number, exchange) -> exchange.sendResponseHeaders(status, -1);
        raise("good");
        awaitState("completed");
        assertThat(requests).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 307, 400, 401, 404, 410, 422})
    void aRefusalIsFinalAndRedirectsAreNotFollowed(int status) {
        answer = (number, exchange) -> {
            exchange.getResponseHeaders().add("Location", "/elsewhere");
            exchange.sendResponseHeaders(status, -1);
        };
        raise("refused");
        var job = awaitState("discarded");
        assertThat(job.at("/errors/0/error").textValue()).contains("answered " + status);
        assertThat(requests).hasSize(1);
        assertThat(told.messages(key)).as("the other channels").hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 503, -1, -2})
    void whatMayPassIsTriedAgainUnderTheSameIdAndRepeatsNoOtherChannel(int status) throws Exception {
        answer = (number, exchange) -> {
            if (number > 1) {
                exchange.sendResponseHeaders(OK, -1);
            } else if (status == -2) {
                exchange.close();
            } else if (status != -1) {
                exchange.sendResponseHeaders(status, 0);
                exchange.getResponseBody().write(new byte[10]);
            }
        };
        raise("tried again");
        var job = awaitState("completed");
        assertThat(job.get("attempt").intValue()).isGreaterThanOrEqualTo(2);
        assertThat(requests).hasSizeGreaterThanOrEqualTo(2);
        for (var request : requests) {
            verify(request);
            assertThat(request.header("webhook-id")).isEqualTo(job.get("id").textValue());
            assertThat(request.body()).isEqualTo(requests.get(0).body());
        }
        assertThat(told.messages(key)).hasSize(1);
        assertThat(told.execute("SELECT sum(attempt) FROM job WHERE kind = 'admin.alert' AND payload->>'key' = $1", key)
                        .iterator()
                        .next()
                        .getLong(0))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1000", "Fri, 31 Dec 2100 23:59:59 GMT"})
    void whoAsksForTimeGetsIt(String retryAfter) {
        var back = new AtomicBoolean();
        answer = (number, exchange) -> {
            exchange.getResponseHeaders().add("Retry-After", retryAfter);
            exchange.sendResponseHeaders(back.get() ? OK : 503, -1);
        };
        raise("later");
        // before that it may have been too slow to be heard, or not been asked: a breaker may be open from an earlier
        // test
        await("it is asked for time, and gets it")
                .atMost(Duration.ofSeconds(20))
                .until(() -> pause() >= 900);
        assertThat(job().path("state").asText()).isEqualTo("retryable");
        assertThat(pause()).isLessThanOrEqualTo(6 * 3_600);
        back.set(true);
        operator.request()
                .post("/api/jobs/" + job().get("id").textValue() + "/retry")
                .then()
                .statusCode(200);
        awaitState("completed");
    }

    /** Seconds until the job is tried again. */
    private int pause() {
        for (var row : told.execute(
                "SELECT extract(epoch FROM run_at - now())::int FROM job WHERE kind = 'admin.webhook' AND payload->>'key' = $1",
                key)) {
            return row.getInteger(0);
        }
        return 0;
    }

    @Test
    void aWebhookThatFailsIsAlertedOfByTheOtherChannelsAndInNoCircle() {
        var events = new AtomicInteger();
        var listener = bus.<EventMessage>consumer("error.integration", message -> {
            if (message.body().payload().contains(key)) {
                events.incrementAndGet();
            }
        });
        long failures = told.counted("integration:admin.webhook");
        long discarded = told.counted("job-discarded:admin.webhook");
        answer = (number, exchange) -> exchange.sendResponseHeaders(410, -1);
        raise("gone");
        awaitState("discarded");
        await().until(() -> told.counted("integration:admin.webhook") > failures
                && told.counted("job-discarded:admin.webhook") > discarded);
        assertThat(events).hasValue(1);
        for (var about : List.of("integration:admin.webhook", "job-discarded:admin.webhook")) {
            assertThat(told.execute("SELECT id FROM job WHERE kind = 'admin.webhook' AND payload->>'key' = $1", about)
                            .rowCount())
                    .as("posted about " + about)
                    .isZero();
        }
        listener.unregister();
    }
}
