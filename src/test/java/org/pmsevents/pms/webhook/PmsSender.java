package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import org.pmsevents.Client;
import org.pmsevents.http.signature.Webhook;

/** A PMS in a test: signs what it sends. */
final class PmsSender {
    static final String PATH = "/webhooks/pms/stock";

    private final Client client = Client.viewer();

    String traceId() {
        return client.traceId;
    }

    Client client() {
        return client;
    }

    static String newId() {
        return "msg_" + UUID.randomUUID();
    }

    static long now() {
        return Clock.systemUTC().instant().getEpochSecond();
    }

    static String line(String sku, long onHand, Instant countedAt) {
        return "{\"sku\":" + Client.quoted(sku) + ",\"onHand\":" + onHand
                + (countedAt == null ? "" : ",\"countedAt\":\"" + countedAt + "\"") + "}";
    }

    static String body(String... lines) {
        return "{\"lines\":[" + String.join(",", lines) + "]}";
    }

    /** A request with all headers, signed at this moment. */
    RequestSpecification signed(String id, String body) {
        long now = now();
        return unsigned(body)
                .header(Webhook.ID, id)
                .header(Webhook.TIME, now)
                .header(Webhook.SIGNATURE, Signatures.of(id, now, body));
    }

    RequestSpecification unsigned(String body) {
        return client.anonymous().contentType("application/json").body(body.getBytes(StandardCharsets.UTF_8));
    }

    Response send(String id, String body) {
        return signed(id, body).post(PATH);
    }

    /** Sends lines under an id of their own and expects that to work. */
    JsonNode sync(String... lines) {
        var answer = send(newId(), body(lines));
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }
}
