package org.pmsevents.transfer.file;

import org.jspecify.annotations.Nullable;

/**
 * A record of a file, not yet taken apart. It may have several lines if a quoted field has line breaks.
 *
 * @param line number of its first line, from 1
 * @param text without the line break at its end; only the beginning if it is too long
 * @param end offset of the byte after it, line break included
 * @param nextLine number of the line after it
 * @param fault why it can't be read; null if it can
 */
public record RawRecord(
        long line,
        String text,
        long end,
        long nextLine,
        @Nullable Fault fault) {}
