package org.pmsevents.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;
import org.pmsevents.platform.json.JsonSettings;

@Pure
class EventCodecTest {
    private final EventCodec codec = new EventCodec(mapper());

    private static ObjectMapper mapper() {
        var mapper = new ObjectMapper().registerModule(new JavaTimeModule());
        new JsonSettings().customize(mapper);
        return mapper;
    }

    private static EventMessage event(String payload) {
        return new EventMessage(
                EventType.PRODUCT_UPDATED,
                payload,
                new EventMetadata(
                        Instant.parse("2026-11-23T10:00:00.123456Z"),
                        "zoë \"z\" \n",
                        "4bf92f3577b34da6a3ce929d0e0e4736",
                        UUID.fromString("019a0000-0000-7000-8000-000000000001"),
                        "BANK CHARGES 😀",
                        null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                "null",
                "true",
                "\"text with } ] \\\" 😀\"",
                "7",
                "-1.10",
                "12345678901234567.890",
                "1E+2",
                "{\"a\":{\"type\":\"x\",\"payload\":[{}],\"metadata\":null},\"n\":12345678901234567.89,\"m\":1.10}",
                "{\"ü\":\"\\u2028\\ud83d\\ude00\"}"
            })
    void whatIsEncodedIsDecodedAsItWas(String payload) {
        var event = event(payload);
        assertThat(codec.decode(codec.encode(event))).isEqualTo(event);
        var sequenced = codec.encodeFeed(1L << 60, event);
        assertThat(codec.decode(sequenced.json())).isEqualTo(event.at(1L << 60));
        assertThat(sequenced.json()).contains("\"payload\":" + payload + ",").doesNotContain("\n");
    }

    @Test
    void aPayloadLargerThanTheParsersBufferIsDecodedAsItWas() {
        var event = event("{\"a\":\"" + "xü😀".repeat(20_000) + "\",\"n\":1.10}");
        assertThat(codec.decode(codec.encode(event))).isEqualTo(event);
    }

    @Test
    void whatALaterVersionAddsIsIgnored() {
        var event = event("{\"a\":1}");
        var later = codec.encode(event)
                .replace("{\"type\"", "{\"later\":{\"a\":[1,{}]},\"type\"")
                .replace("\"metadata\":{", "\"metadata\":{\"later\":[{}],");
        assertThat(codec.decode(later)).isEqualTo(event);
    }

    @Test
    void theOrderOfTheMembersDoesNotMatter() {
        var event = event("{\"a\":1}");
        var text = codec.encode(event);
        int metadata = text.indexOf(",\"metadata\"");
        var other = "{" + text.substring(metadata + 1, text.length() - 1) + "," + text.substring(1, metadata) + "}";
        assertThat(codec.decode(other)).isEqualTo(event);
    }

    @Test
    void whatIsNoEventOfThisVersionIsRefused() {
        var good = codec.encode(event("{}"));
        for (var bad : new String[] {
            "",
            "x",
            "null",
            "[]",
            "{}",
            good.substring(0, good.length() / 2),
            good.substring(0, good.length() - 1),
            good.replace("product.updated", "product.vanished"),
            good.replace("\"2026-11-23T10:00:00.123456Z\"", "\"yesterday\""),
            good.replace("019a0000-", "x-"),
            good.replace("\"actor\"", "\"acted\""),
            good.replace("\"payload\"", "\"paid\""),
        }) {
            assertThatIllegalArgumentException().as(bad).isThrownBy(() -> codec.decode(bad));
        }
    }

    @Test
    void aPayloadsDecimalsReachTheHandlersExactly() {
        var event = event("{\"amount\":12345678901234567.890,\"tiny\":0.00000010}");
        var payload = codec.payload(event, JsonNode.class);
        assertThat(codec.payload(payload)).isEqualTo(event.payload());
    }
}
