package org.pmsevents.http.problem;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.smallrye.mutiny.Uni;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.alert.Told;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.platform.tracing.TraceId;

@QuarkusTest
class ErrorFlowTest {
    @TestHTTPResource("/")
    URI server;

    @Inject
    MeterRegistry meters;

    @Inject
    EventBus bus;

    @Inject
    ErrorFlow errors;

    @Inject
    Told told;

    private final String trace = TraceId.random();
    private final List<EventMessage> heard = new CopyOnWriteArrayList<>();
    private List<MessageConsumer<EventMessage>> consumers;

    @BeforeEach
    void listen() {
        consumers = List.of(listenTo("error.validation"), listenTo("error.system"));
    }

    private MessageConsumer<EventMessage> listenTo(String address) {
        return bus.consumer(address, message -> {
            if (message.body().metadata().traceId().equals(trace)) {
                heard.add(message.body());
            }
        });
    }

    @AfterEach
    void stopListening() {
        consumers.forEach(MessageConsumer::unregister);
    }

    private io.restassured.specification.RequestSpecification alice() {
        return given().header("Authorization", Tokens.bearer("alice", "viewer"))
                .header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01");
    }

    @Test
    void aRefusedBodyIsAnnouncedWithItsViolationsButNotItsContent() {
        alice().contentType(ContentType.JSON)
                .body("{\"sku\":\"hush-hush\",\"count\":\"seven\"}")
                .post("/api/test-edge/strict?query=hush-hush")
                .then()
                .statusCode(400);
        await().until(() -> heard.size() == 1);
        var event = heard.get(0);
        assertThat(event.type().wireName()).isEqualTo("error.validation");
        assertThat(event.metadata().actor()).isEqualTo("alice");
        assertThat(event.payload())
                .contains("\"status\":400", "\"code\":\"validation-failed\"", "\"method\":\"POST\"")
                .contains("\"path\":\"/api/test-edge/strict\"", "\"pointer\":\"/count\"")
                .doesNotContain("hush-hush", "seven");
    }

    /** A reset is reported by the exception that also reports a lost connection to PostgreSQL. */
    @Test
    void aClientThatDisconnectsIsNoFailureOfTheService() throws IOException {
        var request = "POST /api/test-edge/strict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                + "Authorization: " + Tokens.bearer("alice", "viewer") + "\r\ntraceparent: 00-" + trace
                + "-00f067aa0ba902b7-01\r\nContent-Length: 100\r\n\r\n{";
        for (boolean reset : List.of(true, false)) {
            try (var socket = new Socket(server.getHost(), server.getPort())) {
                socket.setSoLinger(reset, 0);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                await("it is read")
                        .until(() -> meters.get("pms.limits.body.bytes")
                                        .tag("sender", "known")
                                        .gauge()
                                        .value()
                                > 0);
            }
            await("it is ended")
                    .until(() -> meters.get("pms.limits.body.bytes")
                                    .tag("sender", "known")
                                    .gauge()
                                    .value()
                            == 0);
        }
        alice().get("/api/test-edge/fail/thrown").then().statusCode(500);
        await().until(() -> heard.stream().anyMatch(event -> event.payload().contains("internal-error")));
        assertThat(heard).hasSize(1);
    }

    @Test
    void aDefectIsAnnouncedOnceWithoutItsMessage() {
        alice().get("/api/test-edge/fail/thrown").then().statusCode(500);
        await().until(() -> heard.size() == 1);
        assertThat(heard.get(0).type().wireName()).isEqualTo("error.system");
        assertThat(heard.get(0).payload())
                .contains("internal-error", "IllegalStateException", "GET /api/test-edge/fail/thrown")
                .doesNotContain("secret");
    }

    @Test
    void whatIsNoFaultOfTheContentIsNotAnnounced() {
        alice().get("/api/nothing").then().statusCode(404);
        alice().get("/api/test-edge/editors").then().statusCode(403);
        alice().get("/api/test-edge/fail/thrown").then().statusCode(500);
        await().until(() -> !heard.isEmpty());
        assertThat(heard).extracting(event -> event.type().wireName()).containsExactly("error.system");
    }

    @Test
    void anIntegrationThatFailsIsAnnouncedLeftToTheQueueAndToldToTheAdmins() {
        var steps = new CopyOnWriteArrayList<String>();
        var events = listenTo("error.integration");
        var target = "there-" + trace;
        var failure = errors.integration(
                        target,
                        "a sync",
                        new RequestContext("alice", trace),
                        () -> Uni.createFrom().failure(new IllegalStateException("answered 503")),
                        cause -> {
                            steps.add(String.valueOf(cause.getMessage()));
                            return new IllegalStateException("tried again later", cause);
                        })
                .onItemOrFailure()
                .transform((item, cause) -> cause)
                .await()
                .atMost(Duration.ofSeconds(5));
        assertThat(failure).hasMessage("tried again later");
        assertThat(steps).containsExactly("answered 503");
        await().until(() -> heard.size() == 1);
        assertThat(heard.get(0).payload())
                .isEqualTo("{\"target\":\"" + target + "\",\"operation\":\"a sync\","
                        + "\"attempt\":null,\"status\":null,\"temporary\":null,\"detail\":\"answered 503\"}");
        await().until(() -> told.counted("integration:" + target) == 1);
        assertThat(told.messages("integration:" + target).get(0).get("detail").textValue())
                .isEqualTo("a sync: tried again later");
        events.unregister();
    }

    @Test
    void everySystemErrorCountsForTheAdmins() {
        long before = told.counted("system:internal-error");
        errors.handleError(
                "internal-error", "a test", new IllegalStateException("once"), new RequestContext("alice", trace));
        errors.handleError(
                "internal-error", "a test", new IllegalStateException("twice"), new RequestContext("alice", trace));
        await().until(() -> told.counted("system:internal-error") >= before + 2);
    }
}
