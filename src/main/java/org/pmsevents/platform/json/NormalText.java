package org.pmsevents.platform.json;

import java.text.Normalizer;
import org.jspecify.annotations.Nullable;

/**
 * Texts in the normal form C of Unicode (NFC). The same letters can be written in several ways, such as U+00C4 or A with U+0308, and
 * which one is sent depends on the sender's keyboard and file system. Every text is brought to this form on its way in.
 */
public final class NormalText {
    /** So many combining marks may follow one another: the time to sort them grows with the square of their number. */
    static final int MAX_MARKS = 64;

    /** The first character that normalisation may change or move. */
    private static final char FIRST = '\u0300';

    private NormalText() {}

    /** The text in NFC; a text that is in NFC already is returned as it is. Must not have more marks in a row than allowed. */
    public static String of(String text) {
        return isPlain(text) || Normalizer.isNormalized(text, Normalizer.Form.NFC)
                ? text
                : Normalizer.normalize(text, Normalizer.Form.NFC);
    }

    /** As {@link #of}; null if there is none. */
    public static @Nullable String ofNullable(@Nullable String text) {
        return text == null ? null : of(text);
    }

    /** Whether more combining marks follow one another than any language needs. */
    public static boolean hasTooManyMarks(String text) {
        if (isPlain(text)) {
            return false;
        }
        int marks = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            marks = isMark(c) ? marks + 1 : 0;
            if (marks > MAX_MARKS) {
                return true;
            }
        }
        return false;
    }

    private static boolean isMark(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> true;
            default -> false;
        };
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= FIRST) {
                return false;
            }
        }
        return true;
    }
}
