package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;

/** Alerts to the admins, as those see them who have subscribed to them. */
@QuarkusTest
class LiveAlertsTest {
    @TestHTTPResource("/ws")
    URI address;

    @Inject
    Alerts alerts;

    private final String subject = "thing-" + UUID.randomUUID();
    private final RequestContext context = RequestContext.system();

    private void raise(String about) {
        alerts.raise(Alert.critical("test:" + UUID.randomUUID(), "Something happened", "here", about, context));
    }

    @ParameterizedTest
    @CsvSource({"operator,admin.alert", "admin,admin.alert", "operator,admin.*", "operator,*", "admin,*"})
    void operatorsAndAdminsHearThem(String role, String topic) throws Exception {
        try (var socket = LiveSocket.open(address, "", role)) {
            socket.subscribe("1", topic).next("subscribed");
            raise(subject);
            var frame = socket.next("alert");
            while (!frame.at("/alert/subject").asText().equals(subject)) {
                frame = socket.next("alert");
            }
            assertThat(frame.fieldNames()).toIterable().containsExactly("op", "alert");
            assertThat(frame.get("alert").fieldNames())
                    .toIterable()
                    .containsExactly(
                            "key",
                            "severity",
                            "title",
                            "detail",
                            "subject",
                            "count",
                            "summary",
                            "since",
                            "at",
                            "actor",
                            "traceId");
            assertThat(frame.at("/alert/severity").asText()).isEqualTo("critical");
            assertThat(frame.at("/alert/traceId").asText()).isEqualTo(context.traceId());
        }
    }

    @ParameterizedTest
    @CsvSource({"viewer,admin.alert", "editor,admin.*", "stock,admin.alert"})
    void othersMayNot(String role, String topic) throws Exception {
        try (var socket = LiveSocket.open(address, "", role)) {
            assertThat(socket.subscribe("1", topic).errorCode()).isEqualTo("topic-not-allowed");
        }
    }

    @Test
    void othersHearNoneByAllThatTheyMayHear() throws Exception {
        try (var viewer = LiveSocket.open(address, "", "viewer");
                var operator = LiveSocket.open(address, "", "operator")) {
            viewer.subscribe("1", "*").next("subscribed");
            operator.subscribe("1", "admin.alert").next("subscribed");
            raise(subject);
            operator.next("alert");
            viewer.send("{'op':'ping'}");
            var frame = viewer.next();
            while (!frame.path("op").asText().equals("pong")) {
                assertThat(frame.path("op").asText()).isNotEqualTo("alert");
                frame = viewer.next();
            }
        }
    }

    @Test
    void onlyThoseAboutWhatWasAskedFor() throws Exception {
        try (var socket = LiveSocket.open(address, "?topics=admin.alert&subjects=" + subject, "operator")) {
            socket.next("subscribed");
            raise("something else");
            raise(subject);
            assertThat(socket.next("alert").at("/alert/subject").asText()).isEqualTo(subject);
            socket.send("{'op':'unsubscribe','id':'query'}").next("unsubscribed");
        }
    }

    @Test
    void alertsAreNoEventsOfTheFeed() {
        io.restassured.RestAssured.given()
                .header("Authorization", org.pmsevents.http.security.Tokens.bearer("otto", "operator"))
                .get(address.resolve("/api/events?after=0&type=admin.alert"))
                .then()
                .statusCode(400);
    }
}
