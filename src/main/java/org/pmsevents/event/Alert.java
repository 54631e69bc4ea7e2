package org.pmsevents.event;

import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that an admin should know of and can do something about.
 *
 * @param key what it is an alert of, such as {@code system:internal-error}: of one key one is sent a window, the others are counted
 * @param title what has happened, in a few words that are the same each time
 * @param detail what has happened this time; never anything secret
 * @param subject the SKU, handler, job kind or system it is about
 * @param occurrence what is counted once however often it is recorded, such as the event that it comes from; null: each counts
 */
public record Alert(
        String key,
        Severity severity,
        String title,
        String detail,
        String subject,
        RequestContext context,
        @Nullable UUID occurrence) {
    private static final int LONGEST_KEY = 200;
    private static final int LONGEST_DETAIL = 2_000;

    /** How soon somebody should look. */
    public enum Severity {
        WARNING,
        CRITICAL;

        /** As the database and the channels spell it. */
        public String wireName() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public Alert {
        key = storable(key, LONGEST_KEY);
        detail = storable(detail, LONGEST_DETAIL);
    }

    public static Alert warning(String key, String title, String detail, String subject, RequestContext context) {
        return new Alert(key, Severity.WARNING, title, detail, subject, context, null);
    }

    public static Alert critical(String key, String title, String detail, String subject, RequestContext context) {
        return new Alert(key, Severity.CRITICAL, title, detail, subject, context, null);
    }

    /** The same, counted once however often it is recorded. */
    public Alert once(UUID of) {
        return new Alert(key, severity, title, detail, subject, context, of);
    }

    /** PostgreSQL takes no NUL, and counts code points. */
    private static String storable(String text, int length) {
        var clean = text.replace('\0', ' ');
        return clean.codePointCount(0, clean.length()) <= length
                ? clean
                : clean.substring(0, clean.offsetByCodePoints(0, length));
    }
}
