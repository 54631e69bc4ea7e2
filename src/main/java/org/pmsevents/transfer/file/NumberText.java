package org.pmsevents.transfer.file;

import java.math.BigDecimal;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads numbers as files have them. Without a word from the sender only the point is known, and nothing that may stand for thousands: what
 * {@code 1,234} or {@code 1.234,56} means depends on who wrote it.
 */
public enum NumberText {
    /** Digits and a point, as in {@code 1234.56}. */
    PLAIN("[0-9]+(?:\\.[0-9]+)?", '.'),
    /** Thousands may be set apart, as in {@code 1,234.56}. */
    POINT("(?:[0-9]{1,3}(?:([, \\u00A0\\u202F'\\u2019])[0-9]{3})(?:\\1[0-9]{3})*|[0-9]+)(?:\\.[0-9]+)?", '.'),
    /** The same with a comma, as in {@code 1.234,56}. */
    COMMA("(?:[0-9]{1,3}(?:([. \\u00A0\\u202F'\\u2019])[0-9]{3})(?:\\1[0-9]{3})*|[0-9]+)(?:,[0-9]+)?", ',');

    /** The longest exponent that spreadsheets write is of three digits. */
    private static final String EXPONENT = "(?:[eE][+-]?[0-9]{1,3})?";

    private static final int LONGEST = 64;

    private final Pattern pattern;
    private final char mark;

    NumberText(String digits, char mark) {
        this.pattern = Pattern.compile("[+-]?" + digits + EXPONENT);
        this.mark = mark;
    }

    /** The number; null if the text is none by this rule. */
    public @Nullable BigDecimal read(String text) {
        var stripped = text.strip();
        if (stripped.length() > LONGEST || !pattern.matcher(stripped).matches()) {
            return null;
        }
        var plain = new StringBuilder();
        for (int i = 0; i < stripped.length(); i++) {
            char c = stripped.charAt(i);
            if (c == mark) {
                plain.append('.');
            } else if (Character.isDigit(c) || c == '+' || c == '-' || c == 'e' || c == 'E') {
                plain.append(c);
            }
        }
        return new BigDecimal(plain.toString());
    }

    /** What to do about a text that is no number by this rule. */
    public String advice(String text) {
        if (this == PLAIN && (COMMA.read(text) != null || POINT.read(text) != null)) {
            return "Is not a number such as 1234.56. If the comma is the decimal mark (1.234,56), import with decimal=comma;"
                    + " if it sets thousands apart (1,234.56), with decimal=point.";
        }
        return "Is not a number such as "
                + switch (this) {
                    case PLAIN -> "1234.56.";
                    case POINT -> "1,234.56 or 1234.56, which decimal=point has asked for.";
                    case COMMA -> "1.234,56 or 1234,56, which decimal=comma has asked for.";
                };
    }
}
