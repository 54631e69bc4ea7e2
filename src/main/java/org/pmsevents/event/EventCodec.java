package org.pmsevents.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.JsonTime;

/** Converts events to their wire form and back. Payloads are copied as text, so that decimals keep all their digits. */
@ApplicationScoped
public class EventCodec {
    private final ObjectMapper mapper;
    private final JsonFactory json;

    EventCodec(ObjectMapper mapper) {
        this.mapper = mapper;
        this.json = mapper.getFactory();
    }

    /** The payload's JSON text. */
    public String payload(Object payload) {
        try {
            return mapper.writeValueAsString(payload);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The payload as an object of the given class. */
    public <T> T payload(EventMessage event, Class<T> as) {
        try {
            return mapper.readValue(event.payload(), as);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The wire form: one line of JSON. */
    public String encode(EventMessage event) {
        var text = new StringWriter(event.payload().length() + 256);
        var metadata = event.metadata();
        try (var out = json.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("type", event.type().wireName());
            out.writeFieldName("payload");
            out.writeRawValue(event.payload());
            out.writeObjectFieldStart("metadata");
            out.writeStringField("timestamp", JsonTime.text(metadata.timestamp()));
            out.writeStringField("actor", metadata.actor());
            out.writeStringField("traceId", metadata.traceId());
            out.writeStringField("id", metadata.id().toString());
            out.writeStringField("subject", metadata.subject());
            var position = metadata.position();
            if (position != null) {
                out.writeNumberField("position", position);
            }
            out.writeEndObject();
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    public FeedEvent encodeFeed(long position, EventMessage event) {
        var sequenced = event.at(position);
        return new FeedEvent(position, sequenced, encode(sequenced));
    }

    /**
     * Reads a wire form that this service wrote.
     *
     * @throws IllegalArgumentException if the text is not such a form, or of a type that this version does not know
     */
    public EventMessage decode(String text) {
        EventType type = null;
        String payload = null;
        EventMetadata metadata = null;
        try (var in = json.createParser(text)) {
            expect(in.nextToken() == JsonToken.START_OBJECT, text);
            while (in.nextToken() == JsonToken.FIELD_NAME) {
                var field = in.currentName();
                var token = in.nextToken();
                switch (field) {
                    case "type" -> type = EventType.named(in.getText()).orElse(null);
                    case "payload" -> payload = raw(in, token, text);
                    case "metadata" -> metadata = metadata(in);
                    default -> in.skipChildren();
                }
            }
        } catch (IOException | DateTimeException e) {
            throw new IllegalArgumentException("not an event: " + e.getMessage(), e);
        }
        if (type == null || payload == null || metadata == null) {
            throw new IllegalArgumentException("not an event that this version knows");
        }
        return new EventMessage(type, payload, metadata);
    }

    private static String raw(JsonParser in, JsonToken token, String text) throws IOException {
        int from = (int) in.currentTokenLocation().getCharOffset();
        if (token.isStructStart()) {
            in.skipChildren();
        } else {
            in.finishToken();
        }
        int to = (int) in.currentLocation().getCharOffset();
        return text.substring(from, to).strip();
    }

    private static EventMetadata metadata(JsonParser in) throws IOException {
        Instant timestamp = null;
        String actor = null;
        String traceId = null;
        UUID id = null;
        String subject = null;
        Long position = null;
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            var field = in.currentName();
            in.nextToken();
            switch (field) {
                case "timestamp" -> timestamp = Instant.parse(in.getText());
                case "actor" -> actor = in.getText();
                case "traceId" -> traceId = in.getText();
                case "id" -> id = UUID.fromString(in.getText());
                case "subject" -> subject = in.getText();
                case "position" -> position = in.getLongValue();
                default -> in.skipChildren();
            }
        }
        return new EventMetadata(
                present(timestamp), present(actor), present(traceId), present(id), present(subject), position);
    }

    private static <T> T present(@Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException("an event's metadata is incomplete");
        }
        return value;
    }

    private static void expect(boolean condition, String text) {
        if (!condition) {
            throw new IllegalArgumentException("not an event: " + text.substring(0, Math.min(40, text.length())));
        }
    }
}
