package org.pmsevents.alert;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;
import org.pmsevents.event.Alert;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.json.Fields;

/**
 * An alert to administrators: the payload of its jobs, and what every channel shows.
 *
 * @param title what happened, the same for each occurrence
 * @param detail of the last occurrence
 * @param count number of occurrences that this message stands for
 * @param summary whether these occurrences were held back after one was sent
 * @param since when the window began; of a summary, when the message before it was sent
 * @param at when the last occurrence was raised
 */
@RegisterForReflection
record AlertMessage(
        String key,
        String severity,
        String title,
        String detail,
        String subject,
        long count,
        boolean summary,
        Instant since,
        Instant at,
        String actor,
        String traceId) {
    private static final int LONGEST_TEXT = 10_000;

    /** What {@link #read} takes. */
    static final String SCHEMA = """
            {
              "type": "object",
              "additionalProperties": false,
              "required": ["key", "severity", "title", "count", "summary", "actor", "traceId"],
              "properties": {
                "key": {"$ref": "#/$defs/text"},
                "severity": {"$ref": "#/$defs/text"},
                "title": {"$ref": "#/$defs/text"},
                "detail": {"type": ["string", "null"], "maxLength": %1$d},
                "subject": {"type": ["string", "null"], "maxLength": %1$d},
                "count": {"type": "integer", "minimum": 1},
                "summary": {"type": "boolean"},
                "since": {"type": ["string", "null"], "format": "date-time"},
                "at": {"type": ["string", "null"], "format": "date-time"},
                "actor": {"$ref": "#/$defs/text"},
                "traceId": {"$ref": "#/$defs/text"}
              },
              "$defs": {"text": {"type": "string", "pattern": "\\\\S", "maxLength": %1$d}}
            }
            """.formatted(LONGEST_TEXT);

    static AlertMessage first(Alert alert, Instant at) {
        return new AlertMessage(
                alert.key(),
                alert.severity().wireName(),
                alert.title(),
                alert.detail(),
                alert.subject(),
                1,
                false,
                at,
                at,
                alert.context().actor(),
                alert.context().traceId());
    }

    static AlertMessage read(Fields fields) {
        fields.only(
                "key", "severity", "title", "detail", "subject", "count", "summary", "since", "at", "actor", "traceId");
        return new AlertMessage(
                fields.requiredText("key", LONGEST_TEXT),
                fields.requiredText("severity", LONGEST_TEXT),
                fields.requiredText("title", LONGEST_TEXT),
                Objects.requireNonNullElse(fields.optionalText("detail", LONGEST_TEXT), ""),
                Objects.requireNonNullElse(fields.optionalText("subject", LONGEST_TEXT), ""),
                fields.requiredInteger("count", 1, Long.MAX_VALUE),
                fields.requiredBoolean("summary"),
                Objects.requireNonNullElse(fields.optionalInstant("since"), Instant.EPOCH),
                Objects.requireNonNullElse(fields.optionalInstant("at"), Instant.EPOCH),
                fields.requiredText("actor", LONGEST_TEXT),
                fields.requiredText("traceId", LONGEST_TEXT));
    }

    RequestContext context() {
        return new RequestContext(actor, traceId);
    }

    boolean isCritical() {
        return severity.equals(Alert.Severity.CRITICAL.wireName());
    }

    /** One line. */
    String text() {
        var what = summary
                ? String.format(Locale.ROOT, "held back %d more since %s, the last at %s: %s", count, since, at, detail)
                : detail;
        return title + ": " + what.replaceAll("\\p{Cntrl}+", " ");
    }
}
