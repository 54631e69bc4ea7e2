package org.pmsevents.export;

import org.jspecify.annotations.Nullable;

/**
 * Texts in CSV files that spreadsheets must not run as formulas. One that begins with {@code = + - @}, a tab or a carriage return gets an
 * apostrophe in front, and so does one that begins with an apostrophe; the import takes one apostrophe away. Numbers are written as
 * they are.
 */
final class SafeCell {
    private static final String DANGEROUS = "=+-@\t\r'";

    private SafeCell() {}

    static @Nullable String of(@Nullable String text) {
        return text != null && !text.isEmpty() && DANGEROUS.indexOf(text.charAt(0)) >= 0 ? "'" + text : text;
    }
}
