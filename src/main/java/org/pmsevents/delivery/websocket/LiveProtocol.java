package org.pmsevents.delivery.websocket;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violation;

/** The messages of a WebSocket connection, other than the events themselves, as JSON text. */
final class LiveProtocol {
    static final int LOST = 1006;
    static final int UNREADABLE = 4400;
    static final int TOO_LONG = 1009;
    static final int NOT_ALLOWED_ANY_MORE = 1008;
    static final int TOO_SLOW = 4408;
    static final int TOO_MANY = 4429;
    static final int RESTARTING = 1012;
    static final int INTERNAL_ERROR = 1011;
    static final List<Integer> CLOSE_CODES =
            List.of(UNREADABLE, NOT_ALLOWED_ANY_MORE, TOO_LONG, TOO_SLOW, TOO_MANY, RESTARTING, INTERNAL_ERROR, LOST);

    private static final int ID_LENGTH = 64;
    private static final int NAME_LENGTH = 64;

    private LiveProtocol() {}

    /** A message of a client. */
    sealed interface ClientMessage {}

    /**
     * @param subjects only events about these; empty for all
     * @param after the last position that the client has; null for events from now on
     * @param epoch the epoch of that position; null if the client does not say
     */
    record Subscribe(
            String id,
            List<String> topics,
            List<String> subjects,
            @Nullable Long after,
            @Nullable String epoch) implements ClientMessage {}

    record Unsubscribe(String id) implements ClientMessage {}

    record Ping() implements ClientMessage {}

    /** A JSON object that is not a valid message. */
    record Invalid(@Nullable String id, String detail) implements ClientMessage {}

    /**
     * @throws AppException if the text is not a JSON object
     */
    static ClientMessage parse(byte[] text, int maxNames) {
        var body = StrictJson.read(text);
        if (!(body.tree() instanceof ObjectNode object)) {
            throw AppException.malformedJson("A message is a JSON object.");
        }
        try {
            return message(body.fields(), maxNames);
        } catch (AppException e) {
            return new Invalid(object.path("id").textValue(), detail(e));
        }
    }

    private static ClientMessage message(Fields fields, int maxNames) {
        var op = fields.requiredText("op", NAME_LENGTH);
        var message = switch (op) {
            case "subscribe" -> subscribe(fields.only("op", "id", "topics", "subjects", "after", "epoch"), maxNames);
            case "unsubscribe" -> new Unsubscribe(fields.only("op", "id").requiredText("id", ID_LENGTH));
            case "ping" -> {
                fields.only("op");
                yield new Ping();
            }
            default -> {
                fields.violation("op", "unknown-value", "op must be subscribe, unsubscribe or ping.");
                yield new Ping();
            }
        };
        fields.violations().throwIfAny();
        return message;
    }

    private static Subscribe subscribe(Fields fields, int maxNames) {
        var topics = fields.textArray("topics", maxNames, NAME_LENGTH);
        if (topics.isEmpty()) {
            fields.violation("topics", "required", "Must name at least one topic, such as product.*");
        }
        return new Subscribe(
                fields.requiredText("id", ID_LENGTH),
                topics,
                fields.textArray("subjects", maxNames, 255),
                fields.optionalInteger("after", 0, Long.MAX_VALUE),
                fields.optionalText("epoch", ID_LENGTH));
    }

    private static String detail(AppException e) {
        return e.violations().isEmpty()
                ? e.detail()
                : e.violations().stream()
                        .map(LiveProtocol::text)
                        .reduce((a, b) -> a + " " + b)
                        .orElse("");
    }

    private static String text(Violation violation) {
        return violation.pointer() + ": " + violation.detail();
    }

    static String subscribed(String id, long position, String epoch) {
        return op("subscribed")
                .put("id", id)
                .put("position", position)
                .put("epoch", epoch)
                .toString();
    }

    static String unsubscribed(String id) {
        return op("unsubscribed").put("id", id).toString();
    }

    static String reset(String id, long oldest, long head, String epoch) {
        return op("reset")
                .put("id", id)
                .put("epoch", epoch)
                .put("oldest", oldest)
                .put("head", head)
                .toString();
    }

    static String position(long position) {
        return op("position").put("position", position).toString();
    }

    static String error(@Nullable String id, String code, String detail) {
        return op("error").put("id", id).put("code", code).put("detail", detail).toString();
    }

    /** @param json an alert to the admins */
    static String alert(String json) {
        return "{\"op\":\"alert\",\"alert\":" + json + "}";
    }

    static String pong() {
        return op("pong").toString();
    }

    private static ObjectNode op(String op) {
        return JsonNodeFactory.instance.objectNode().put("op", op);
    }
}
