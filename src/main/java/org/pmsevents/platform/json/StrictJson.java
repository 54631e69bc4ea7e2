package org.pmsevents.platform.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.unchecked.Unchecked;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violations;

/**
 * The one parser of request bodies. JSON libraries forgive too much. This parser guarantees that its result is exactly what was
 * sent (RFC 8259 in UTF-8, no byte order mark, no duplicate key, exact decimals), that every text in it, also each name, is in NFC and
 * one that PostgreSQL can store, and that every number in it is safe to calculate with.
 */
public final class StrictJson {
    /** Maximum nesting of objects and arrays. */
    public static final int MAX_DEPTH = 64;
    /** Maximum length of a number, also when written without exponent; later readers have limits, too. */
    public static final int MAX_NUMBER_LENGTH = 1_000;
    /** Maximum number of digits after the point, or of zeros before it, that an exponent may produce. */
    public static final int MAX_SCALE = 1_000;

    /** Maximum number of values in a body, objects and arrays included; the largest allowed webhook has a quarter of that. */
    public static final int MAX_VALUES = 200_000;

    /** The longest body that is parsed on an event loop; about a millisecond. */
    private static final int MAX_LENGTH_ON_LOOP = 64 * 1024;

    private static final int MAX_NAME_LENGTH = 1_000;
    private static final Pattern ABOUT_THE_PARSER = Pattern.compile("[`]|Feature|JsonRead|Stream|\\(from |byte\\[]");
    private static final JsonNodeFactory NODES = JsonNodeFactory.withExactBigDecimals(true);
    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            // field names come from clients: interning or caching them would only fill memory
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            // lengths are checked below, before a number is converted, so that violations have a pointer
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH + 1)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private final JsonParser parser;
    private final Violations violations;
    private final StringBuilder pointer = new StringBuilder();
    private int depth;
    private int values;

    private StrictJson(JsonParser parser, Violations violations) {
        this.parser = parser;
        this.violations = violations;
    }

    /**
     * Parses a body and applies rules to it: a long one on a worker thread, so that the event loop goes on with other requests.
     * Completes on the caller's context.
     *
     * @param rules may block for as long as they calculate; their exceptions fail the Uni
     * @return fails with 400 {@code body-required}, {@code malformed-json}, or what the rules throw
     */
    public static <T> Uni<T> read(byte @Nullable [] body, Function<ParsedBody, T> rules) {
        return offLoop(body == null ? 0 : body.length, () -> rules.apply(read(body)));
    }

    /** Does what a body of this length needs: on a worker thread if it is long, else at once. Completes on the caller's context. */
    public static <T> Uni<T> offLoop(int length, Callable<T> work) {
        var context = Vertx.currentContext();
        return length <= MAX_LENGTH_ON_LOOP || context == null
                ? Uni.createFrom().item(Unchecked.supplier(work::call))
                : Uni.createFrom()
                        .completionStage(
                                () -> context.executeBlocking(work, false).toCompletionStage());
    }

    /**
     * Parses a body.
     *
     * @throws AppException 400 {@code body-required} if there is none, {@code malformed-json} if it is not JSON
     */
    public static ParsedBody read(byte @Nullable [] body) {
        return read(body, new Violations());
    }

    /**
     * The same, with the violations that are to collect what is found.
     *
     * @throws AppException 400 {@code body-required} if there is none, {@code malformed-json} if it is not JSON
     */
    public static ParsedBody read(byte @Nullable [] body, Violations violations) {
        if (body == null || body.length == 0) {
            throw AppException.bodyRequired();
        }
        var text = decode(body);
        try (var parser = FACTORY.createParser(text.array(), text.arrayOffset(), text.length())) {
            return new StrictJson(parser, violations).readAll();
        } catch (JsonProcessingException e) {
            throw malformed(reason(e), e.getLocation());
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory can't fail", e);
        }
    }

    private static CharBuffer decode(byte[] body) {
        CharBuffer text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body));
        } catch (CharacterCodingException e) {
            throw AppException.malformedJson("The body is not UTF-8.");
        }
        if (text.get(0) == '\uFEFF') {
            throw AppException.malformedJson("The body begins with a byte order mark, which JSON does not allow.");
        }
        return text;
    }

    private ParsedBody readAll() throws IOException {
        if (parser.nextToken() == null) {
            throw AppException.bodyRequired();
        }
        var tree = value();
        if (parser.nextToken() != null) {
            throw malformed("Unexpected text after the value", parser.currentTokenLocation());
        }
        return new ParsedBody(tree, violations);
    }

    private JsonNode value() throws IOException {
        if (++values > MAX_VALUES) {
            throw malformed("More than " + MAX_VALUES + " values", parser.currentTokenLocation());
        }
        return switch (parser.currentToken()) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> NODES.textNode(checked(parser.getText()));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number();
            case VALUE_TRUE -> NODES.booleanNode(true);
            case VALUE_FALSE -> NODES.booleanNode(false);
            case VALUE_NULL -> NODES.nullNode();
            default -> throw malformed("Unexpected token", parser.currentTokenLocation());
        };
    }

    private ObjectNode object() throws IOException {
        enter();
        var object = NODES.objectNode();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            var name = parser.currentName();
            if (name.length() > MAX_NAME_LENGTH) {
                throw malformed(
                        "A name is longer than " + MAX_NAME_LENGTH + " characters", parser.currentTokenLocation());
            }
            int mark = descend(name);
            var normal = checked(name);
            parser.nextToken();
            var member = value();
            if (object.has(normal)) {
                violations.add(pointer.toString(), "duplicate-key", "This name occurs more than once in its object.");
            } else {
                object.set(normal, member);
            }
            pointer.setLength(mark);
        }
        depth--;
        return object;
    }

    private ArrayNode array() throws IOException {
        enter();
        var array = NODES.arrayNode();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            int mark = descend(Integer.toString(array.size()));
            array.add(value());
            pointer.setLength(mark);
        }
        depth--;
        return array;
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw malformed("Nested deeper than " + MAX_DEPTH + " levels", parser.currentTokenLocation());
        }
    }

    private int descend(String name) {
        int mark = pointer.length();
        pointer.append('/').append(Fields.escape(name));
        return mark;
    }

    private JsonNode number() throws IOException {
        if (parser.getTextLength() > MAX_NUMBER_LENGTH) {
            violations.add(
                    pointer.toString(),
                    "number-out-of-range",
                    "A number may have at most " + MAX_NUMBER_LENGTH + " characters.");
            return NODES.numberNode(0);
        }
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            return switch (parser.getNumberType()) {
                case INT -> NODES.numberNode(parser.getIntValue());
                case LONG -> NODES.numberNode(parser.getLongValue());
                default -> NODES.numberNode(parser.getBigIntegerValue());
            };
        }
        return decimal(parser.getText());
    }

    private JsonNode decimal(String text) {
        try {
            var decimal = new BigDecimal(text);
            if (Math.abs((long) decimal.scale()) <= MAX_SCALE
                    && decimal.toPlainString().length() <= MAX_NUMBER_LENGTH) {
                return NODES.numberNode(decimal);
            }
        } catch (NumberFormatException e) {
            // an exponent beyond the range of BigDecimal: reported like the others
        }
        violations.add(
                pointer.toString(),
                "number-out-of-range",
                "A number may have at most " + MAX_NUMBER_LENGTH + " characters, written without an exponent.");
        return NODES.numberNode(0);
    }

    private String checked(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                violations.add(pointer.toString(), "invalid-text", "The character U+0000 can't be stored.");
                return text;
            }
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    violations.add(pointer.toString(), "invalid-text", "Half of a surrogate pair is not a character.");
                    return text;
                }
            }
        }
        if (NormalText.hasTooManyMarks(text)) {
            violations.add(
                    pointer.toString(),
                    "invalid-text",
                    "More than " + NormalText.MAX_MARKS + " combining marks follow one another.");
            return text;
        }
        return NormalText.of(text);
    }

    private static AppException malformed(String reason, @Nullable JsonLocation at) {
        return AppException.malformedJson(
                at == null
                        ? reason + "."
                        : reason + " at line " + at.getLineNr() + ", column " + at.getColumnNr() + ".");
    }

    /** The parser's message up to its first explanation, unless it is about the parser itself. */
    private static String reason(JsonProcessingException e) {
        var message = e.getOriginalMessage();
        int end = message.indexOf(": ");
        var reason = end < 0 ? message : message.substring(0, end);
        return reason.length() > 100 || ABOUT_THE_PARSER.matcher(reason).find() ? "Malformed JSON" : reason;
    }
}
