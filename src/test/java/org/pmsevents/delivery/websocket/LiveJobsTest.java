package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

@QuarkusTest
class LiveJobsTest {
    @TestHTTPResource("/ws")
    URI address;

    @Test
    void anOperatorSeesAJobComeOnAndEnd() throws Exception {
        var operator = Client.of("otto", "operator");
        try (var socket = LiveSocket.open(address, "", "operator")) {
            socket.subscribe("1", "queue.*").next("subscribed");
            var created = operator.request("{\"kind\":\"queue.probe\",\"payload\":{\"steps\":4,\"stepMillis\":1000}}")
                    .post("/api/jobs");
            var told = toldUntilComplete(socket, created.jsonPath().getString("id"));
            assertThat(told).extracting(event -> event.path("type").textValue()).contains("queue.new");
            assertThat(told.get(told.size() - 1).at("/payload/state").textValue())
                    .isEqualTo("completed");
            assertThat(told.stream()
                            .filter(event -> event.path("type").textValue().equals("queue.processing"))
                            .map(event -> event.at("/payload/progress/done"))
                            .filter(JsonNode::isInt)
                            .map(JsonNode::intValue))
                    .isSorted()
                    .contains(1, 2, 3);
        }
    }

    private static List<JsonNode> toldUntilComplete(LiveSocket socket, String job) throws InterruptedException {
        var told = new ArrayList<JsonNode>();
        JsonNode event;
        do {
            event = socket.nextNews();
            if (event.at("/metadata/subject").asText().equals(job)) {
                told.add(event);
            }
        } while (!event.path("type").asText().equals("queue.complete")
                || !event.at("/metadata/subject").asText().equals(job));
        return told;
    }
}
