package org.pmsevents.transfer.file;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of a file into records, as they arrive, with the place of each, so that reading can begin anew after any of them. Lines
 * end with LF, CRLF or CR. In CSV a field that begins with a quote ends with the next single one, whatever is between (RFC 4180, section
 * 2). Of a record that is too long only the beginning is kept, the rest is passed over to where it ends.
 */
public final class RecordSplitter {
    /** The most bytes that a record may have: many times the largest product. */
    public static final int LONGEST = 1024 * 1024;

    /** What is kept of a record that is longer. */
    private static final int KEPT = 1_000;

    private static final int NO_QUOTES = -1;

    private enum State {
        FIELD_BEGINS,
        PLAIN,
        QUOTED,
        /** After a quote in a quoted field: its end, or the first of two that stand for one. */
        QUOTE,
        /** After text that follows the end of a quoted field. */
        BROKEN
    }

    private final int separator;
    private byte[] bytes = new byte[64 * 1024];
    private int begin;
    private int at;
    private int limit;
    private boolean ended;

    /** Of the file: where {@code begin} is, plus what was passed over of the present record. */
    private long offset;

    private long line;
    private long nextLine;
    private State state = State.FIELD_BEGINS;
    private boolean broken;
    private boolean tooLong;
    private long quoteLine;

    private RecordSplitter(int separator, long offset, long line) {
        this.separator = separator;
        this.offset = offset;
        this.line = line;
        this.nextLine = line;
    }

    /** For CSV, from this offset on, where the line of this number begins. */
    public static RecordSplitter csv(char separator, long offset, long line) {
        return new RecordSplitter(separator, offset, line);
    }

    /** For files whose every line is a record. */
    public static RecordSplitter lines(long offset, long line) {
        return new RecordSplitter(NO_QUOTES, offset, line);
    }

    /** Adds what comes next in the file. */
    public void feed(byte[] more) {
        if (begin > 0) {
            System.arraycopy(bytes, begin, bytes, 0, limit - begin);
            at -= begin;
            limit -= begin;
            begin = 0;
        }
        if (limit + more.length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(limit + more.length, Math.min(2 * bytes.length, 4 * LONGEST)));
        }
        System.arraycopy(more, 0, bytes, limit, more.length);
        limit += more.length;
    }

    /** How many bytes are held. */
    int held() {
        return bytes.length;
    }

    /** Nothing more comes. */
    public void end() {
        ended = true;
    }

    /** The next record; null if its end has not been fed yet, or there is none. */
    public @Nullable RawRecord next() {
        while (at < limit) {
            byte b = bytes[at];
            if (b == '\r' && at + 1 == limit && !ended) {
                return null;
            }
            boolean breaks = b == '\n' || b == '\r';
            int width = b == '\r' && at + 1 < limit && bytes[at + 1] == '\n' ? 2 : 1;
            if (breaks && state != State.QUOTED) {
                return record(at, width);
            }
            at += breaks ? width : 1;
            if (breaks) {
                nextLine++;
            } else {
                step(b);
            }
            if (at - begin > LONGEST) {
                passOver();
            }
        }
        return ended && (begin < limit || tooLong) ? record(limit, 0) : null;
    }

    private void step(byte b) {
        if (separator == NO_QUOTES) {
            return;
        }
        state = switch (state) {
            case FIELD_BEGINS -> b == '"' ? quoteBegins() : b == separator ? State.FIELD_BEGINS : State.PLAIN;
            case PLAIN -> b == separator ? State.FIELD_BEGINS : State.PLAIN;
            case QUOTED -> b == '"' ? State.QUOTE : State.QUOTED;
            case QUOTE -> b == '"' ? State.QUOTED : b == separator ? State.FIELD_BEGINS : breakUp();
            case BROKEN -> b == separator ? State.FIELD_BEGINS : State.BROKEN;
        };
    }

    private State quoteBegins() {
        quoteLine = nextLine;
        return State.QUOTED;
    }

    private State breakUp() {
        broken = true;
        return State.BROKEN;
    }

    /** Forgets what is beyond the beginning, which is kept where it is. */
    private void passOver() {
        tooLong = true;
        int kept = begin + KEPT;
        offset += at - kept;
        System.arraycopy(bytes, at, bytes, kept, limit - at);
        limit -= at - kept;
        at = kept;
    }

    private RawRecord record(int end, int breakWidth) {
        var text = new String(bytes, begin, Math.min(end - begin, tooLong ? KEPT : LONGEST), StandardCharsets.UTF_8);
        long first = line;
        var fault = fault();
        offset += end + breakWidth - begin;
        begin = end + breakWidth;
        at = begin;
        nextLine++;
        line = nextLine;
        state = State.FIELD_BEGINS;
        broken = false;
        tooLong = false;
        return new RawRecord(first, text, offset, nextLine, fault);
    }

    private @Nullable Fault fault() {
        if (state == State.QUOTED) {
            return new Fault(
                    null,
                    "unclosed-quote",
                    "The quote that is opened in line " + quoteLine
                            + " is never closed, so nothing after it could be read. Close it, or write a quote within a field twice.");
        }
        if (tooLong) {
            return new Fault(
                    null,
                    "line-too-long",
                    "Is longer than " + LONGEST + " bytes. Is a quote missing, or a line break?");
        }
        return broken
                ? new Fault(
                        null,
                        "text-after-quote",
                        "Text follows the closing quote of a field. Write a quote within a quoted field twice.")
                : null;
    }
}
