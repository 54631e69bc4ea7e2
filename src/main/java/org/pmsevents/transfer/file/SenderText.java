package org.pmsevents.transfer.file;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/**
 * Turns the bytes of a file into UTF-8 as they arrive. How letters are coded is never guessed: it is UTF-8, or what the sender has said, or
 * what a byte order mark says. Bytes that are none of that are refused with their place.
 */
public final class SenderText {
    /** The names of codings that a sender may give, in lower case. */
    public static final String KNOWN = "utf-8, us-ascii, iso-8859-1, windows-1252, utf-16, utf-16le, utf-16be";

    /** The bytes from 0x80 to 0x9F of windows-1252; 0 where it has no character. */
    private static final String WINDOWS =
            "\u20AC\0\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\0\u017D\0"
                    + "\0\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\0\u017E\u0178";

    private static final int LONGEST_MARK = 3;

    private @Nullable String coding;
    private @Nullable CharsetDecoder decoder;
    private byte[] left = new byte[0];
    private boolean begun;
    private long line = 1;
    private long column = 1;
    private char before;

    /** @param stated the coding that the sender has named; null for UTF-8, or what a byte order mark says */
    public SenderText(@Nullable String stated) {
        this.coding = stated == null ? null : stated.toLowerCase(Locale.ROOT);
    }

    /** Whether a sender may name this coding. */
    public static boolean isKnown(String coding) {
        return (", " + KNOWN + ",").contains(", " + coding.toLowerCase(Locale.ROOT) + ",");
    }

    /** The coding in lower case; known once something has arrived. */
    public String coding() {
        return coding == null ? "utf-8" : coding;
    }

    /**
     * Takes the next bytes.
     *
     * @param last whether nothing more comes
     * @return as much of the text as is complete, in UTF-8, without a byte order mark
     * @throws AppException 400 {@code import-text}
     */
    public byte[] next(byte[] more, boolean last) {
        var bytes = ByteBuffer.allocate(left.length + more.length)
                .put(left)
                .put(more)
                .flip();
        if (!begun) {
            if (bytes.remaining() < LONGEST_MARK && !last) {
                left = copy(bytes);
                return new byte[0];
            }
            begin(bytes);
        }
        var text = decoder == null ? windows(bytes) : decode(decoder, bytes, last);
        left = copy(bytes);
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] copy(ByteBuffer bytes) {
        var copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    private void begin(ByteBuffer bytes) {
        begun = true;
        int first = bytes.remaining() > 0 ? bytes.get(0) & 0xFF : 0;
        int second = bytes.remaining() > 1 ? bytes.get(1) & 0xFF : 0;
        boolean little = first == 0xFF && second == 0xFE;
        boolean big = first == 0xFE && second == 0xFF;
        if ((little || big) && (coding == null || coding.equals("utf-16"))) {
            coding = little ? "utf-16le" : "utf-16be";
        }
        decoder = switch (coding()) {
            case "utf-8" -> StandardCharsets.UTF_8.newDecoder();
            case "us-ascii" -> StandardCharsets.US_ASCII.newDecoder();
            case "iso-8859-1" -> StandardCharsets.ISO_8859_1.newDecoder();
            case "utf-16", "utf-16be" -> StandardCharsets.UTF_16BE.newDecoder();
            case "utf-16le" -> StandardCharsets.UTF_16LE.newDecoder();
            default -> null;
        };
        if (decoder != null) {
            decoder.onMalformedInput(CodingErrorAction.REPORT).onUnmappableCharacter(CodingErrorAction.REPORT);
        }
    }

    private CharBuffer decode(CharsetDecoder decoding, ByteBuffer bytes, boolean last) {
        var text = CharBuffer.allocate((int) (bytes.remaining() * (double) decoding.maxCharsPerByte()) + 2);
        CoderResult result = decoding.decode(bytes, text, last);
        text.flip();
        var arrived = locate(text);
        if (result.isError()) {
            throw refused(bytes.get(bytes.position()) & 0xFF);
        }
        return arrived;
    }

    private CharBuffer windows(ByteBuffer bytes) {
        var text = CharBuffer.allocate(bytes.remaining());
        while (bytes.hasRemaining()) {
            int b = bytes.get() & 0xFF;
            char c = b >= 0x80 && b < 0xA0 ? WINDOWS.charAt(b - 0x80) : (char) b;
            if (c == 0 && b != 0) {
                text.flip();
                var unused = locate(text);
                throw refused(b);
            }
            text.put(c);
        }
        return locate(text.flip());
    }

    /** Counts lines and columns, and drops the byte order mark. */
    private CharBuffer locate(CharBuffer text) {
        if (line == 1 && column == 1 && before == 0 && text.hasRemaining() && text.get(text.position()) == '\uFEFF') {
            text.get();
        }
        for (int i = text.position(); i < text.limit(); i++) {
            char c = text.get(i);
            if (c == '\n' && before == '\r') {
                column = 1;
            } else if (c == '\n' || c == '\r') {
                line++;
                column = 1;
            } else {
                column++;
            }
            before = c;
        }
        return text;
    }

    private AppException refused(int b) {
        var where = String.format(Locale.ROOT, "The byte 0x%02X in line %d, column %d ", b, line, column);
        return AppException.of(
                400,
                "import-text",
                where + "is not " + coding() + ". "
                        + (coding().equals("utf-8")
                                ? "Save the file as UTF-8, or say how it is coded, as in Content-Type: text/csv; charset=windows-1252."
                                : "Give the coding that the file has, one of " + KNOWN + ", or save it as UTF-8."));
    }
}
