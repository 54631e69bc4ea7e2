package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.metrics.Scrape;

@QuarkusTest
class LiveMetricsTest {
    @TestHTTPResource("/ws")
    URI address;

    @TestHTTPResource(value = "/", management = true)
    URI management;

    @Test
    void anOperatorSeesEachRequestWithItsTemplateOnly() throws Exception {
        var sku = Client.newSku("LIVE-");
        var viewer = Client.viewer();
        try (var socket = LiveSocket.open(address, "", "operator")) {
            socket.subscribe("1", "metrics.request").next("subscribed");
            viewer.read(sku).then().statusCode(404);
            var told = socket.nextNews();
            while (!told.at("/metadata/traceId").asText().equals(viewer.traceId)) {
                told = socket.nextNews();
            }
            assertThat(told.get("type").textValue()).isEqualTo("metrics.request");
            var payload = told.get("payload");
            assertThat(names(payload)).containsExactly("method", "route", "status", "millis");
            assertThat(payload.get("method").textValue()).isEqualTo("GET");
            assertThat(payload.get("route").textValue()).isEqualTo("/api/products/{sku}");
            assertThat(payload.get("status").intValue()).isEqualTo(404);
            assertThat(payload.get("millis").doubleValue()).isPositive();
            assertThat(told.toString()).doesNotContain(sku);
            assertThat(told.at("/metadata/actor").textValue()).isEqualTo("vera");
        }
    }

    @Test
    void aMessageOfARequestIsMadeOnlyWhileSomebodyListens() throws Exception {
        try (var socket = LiveSocket.open(address, "", "operator")) {
            socket.subscribe("1", "metrics.request").next("subscribed");
            Client.viewer().read(Client.newSku("LIVE-"));
            socket.nextNews();
            socket.send("{'op':'unsubscribe','id':'1'}").next("unsubscribed");
        }
        double messages = messages();
        double emitted = emitted();
        for (int i = 0; i < 5; i++) {
            Client.viewer().read(Client.newSku("LIVE-"));
        }
        await().until(() -> emitted() >= emitted + 5);
        assertThat(messages()).isEqualTo(messages);
    }

    @Test
    void anOperatorSeesTheResourcesOfReplicas() throws Exception {
        try (var socket = LiveSocket.open(address, "", "operator")) {
            socket.subscribe("1", "metrics.*").next("subscribed");
            var told = socket.nextNews();
            while (!told.get("type").asText().equals("metrics.resources")) {
                told = socket.nextNews();
            }
            assertThat(names(told.get("payload")))
                    .containsExactly(
                            "replica",
                            "startedAt",
                            "heap",
                            "rss",
                            "cpu",
                            "eventLoopLagMillis",
                            "postgresql",
                            "redis",
                            "websocket",
                            "feed",
                            "jobs");
            assertThat(told.at("/metadata/subject").textValue())
                    .isEqualTo(told.at("/payload/replica").textValue());
            assertThat(told.at("/payload/websocket/connections").longValue()).isPositive();
        }
    }

    private double messages() {
        return Scrape.of(management).sum("pms_events_total", "type=\"metrics.request\"");
    }

    private double emitted() {
        return Scrape.of(management).sum("pms_events_emitted_total", "type=\"metrics.request\"");
    }

    private static Iterable<String> names(JsonNode object) {
        var names = new ArrayList<String>();
        for (Iterator<String> each = object.fieldNames(); each.hasNext(); ) {
            names.add(each.next());
        }
        return names;
    }
}
