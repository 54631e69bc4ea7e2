package org.pmsevents.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.EventType;

/** Times have six digits of a second everywhere, also the one in a thousand whose last digits are zeros. */
@QuarkusTest
class JsonTimeTest {
    private static final Instant WHOLE = Instant.parse("2026-11-23T10:00:00Z");
    private static final String TEXT = "2026-11-23T10:00:00.000000Z";
    private static final Pattern TIME = Pattern.compile("\"\\d{4}-\\d\\d-\\d\\dT[^\"]*\"");
    private static final Pattern SIX_DIGITS =
            Pattern.compile("\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z\"");

    private final Client editor = Client.editor();
    private final String sku = Client.newSku("Time ");

    @Inject
    ObjectMapper mapper;

    @Inject
    EventCodec codec;

    @Inject
    Pool pool;

    @Test
    void zerosStay() throws JsonProcessingException {
        assertThat(JsonTime.text(WHOLE)).isEqualTo(TEXT);
        assertThat(JsonTime.text(WHOLE.plusMillis(120))).isEqualTo("2026-11-23T10:00:00.120000Z");
        assertThat(JsonTime.text(WHOLE.plusNanos(123_456_789))).isEqualTo("2026-11-23T10:00:00.123456Z");
        assertThat(mapper.writeValueAsString(Map.of("at", WHOLE))).isEqualTo("{\"at\":\"" + TEXT + "\"}");
        var event = new EventMessage(
                EventType.PRODUCT_CREATED,
                "{}",
                new EventMetadata(WHOLE, "actor", "0".repeat(32), UUID.randomUUID(), sku, null));
        assertThat(codec.encode(event)).contains("\"timestamp\":\"" + TEXT + "\"");
        assertThat(codec.decode(codec.encode(event)).metadata().timestamp()).isEqualTo(WHOLE);
    }

    @Test
    void whatIsStoredWithoutFractionIsAnsweredWithOne() {
        editor.create(sku);
        var at = Tuple.of(sku);
        pool.preparedQuery("UPDATE product SET created_at = date_trunc('second', created_at) WHERE sku = $1")
                .executeAndAwait(at);
        pool.preparedQuery("UPDATE stock SET updated_at = date_trunc('second', updated_at) WHERE sku = $1")
                .executeAndAwait(at);
        var changed = editor.patch(sku, "{\"name\":\"Table\"}");
        assertThat(changed.jsonPath().getString("createdAt")).endsWith(".000000Z");
        hasSixDigits(changed.asString());
        hasSixDigits(editor.request().get(Client.stockPath(sku)).asString());
        var product = Client.json(changed);
        var before = product.get("createdAt").textValue().replace(".000000", "");
        editor.patch(sku, "{\"createdAt\":\"" + before + "\"}").then().statusCode(200);
        hasSixDigits(editor.events(0, sku).toString());
    }

    private static void hasSixDigits(String json) {
        assertThat(TIME.matcher(json).results().map(found -> found.group()))
                .isNotEmpty()
                .allMatch(time -> SIX_DIGITS.matcher(time).matches());
    }
}
