package org.pmsevents.event;

import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message to administrators about something to act on.
 *
 * @param key groups equal alerts, such as {@code system:internal-error}: one alert of a key is sent per window, the others are counted
 * @param title what has happened, in a few words that are the same for every alert of the key
 * @param detail what has happened this time; never contains secrets
 * @param subject the SKU, handler, job kind or system it is about
 * @param occurrence id of the cause, such as an event; alerts with the same id count once. Null: each alert counts
 */
public record Alert(
        String key,
        Severity severity,
        String title,
        String detail,
        String subject,
        RequestContext context,
        @Nullable UUID occurrence) {
    private static final int MAX_KEY_LENGTH = 200;
    private static final int MAX_DETAIL_LENGTH = 2_000;

    /** How urgent the alert is. */
    public enum Severity {
        WARNING,
        CRITICAL;

        /** As the database and the channels spell it. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Alert {
        key = storable(key, MAX_KEY_LENGTH);
        detail = storable(detail, MAX_DETAIL_LENGTH);
    }

    public static Alert warning(String key, String title, String detail, String subject, RequestContext context) {
        return new Alert(key, Severity.WARNING, title, detail, subject, context, null);
    }

    public static Alert critical(String key, String title, String detail, String subject, RequestContext context) {
        return new Alert(key, Severity.CRITICAL, title, detail, subject, context, null);
    }

    /** The same alert, counted once for this occurrence even if recorded repeatedly. */
    public Alert once(UUID of) {
        return new Alert(key, severity, title, detail, subject, context, of);
    }

    /** PostgreSQL text can't contain NUL, and its lengths are in code points. */
    private static String storable(String text, int length) {
        var clean = text.replace('\0', ' ');
        return clean.codePointCount(0, clean.length()) <= length
                ? clean
                : clean.substring(0, clean.offsetByCodePoints(0, length));
    }
}
