package org.pmsevents.platform.tracing;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the trace id of a {@code traceparent} header, or creates one (W3C Trace Context, level 1). */
public final class TraceId {
    private static final Pattern TRACEPARENT =
            Pattern.compile("(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?");
    private static final String NO_TRACE = "0".repeat(32);
    private static final String NO_SPAN = "0".repeat(16);

    private TraceId() {}

    /** The trace id of the header, or a new one if the header is absent, malformed or all zero. */
    public static String fromTraceparent(@Nullable String traceparent) {
        if (traceparent == null) {
            return random();
        }
        var header = TRACEPARENT.matcher(traceparent.strip());
        if (!header.matches()
                || header.group(1).equals(NO_TRACE)
                || header.group(2).equals(NO_SPAN)
                || (traceparent.startsWith("00") && header.group(3) != null)) {
            return random();
        }
        return header.group(1);
    }

    /** The span that the header names as parent; 0 if the header has another trace id. */
    public static long parentOf(String traceId, @Nullable String traceparent) {
        if (traceparent == null) {
            return 0;
        }
        var header = TRACEPARENT.matcher(traceparent.strip());
        return header.matches() && header.group(1).equals(traceId) ? Long.parseUnsignedLong(header.group(2), 16) : 0;
    }

    /**
     * The {@code traceparent} for a request to another system. Its sampled flag is cleared only if tracing is on and this trace is
     * not recorded.
     */
    public static String traceparent(Traced from, Tracing tracing) {
        long span = from.span() == 0 ? ThreadLocalRandom.current().nextLong() | 1 : from.span();
        boolean sampled = !tracing.isOn() || tracing.records(from.traceId());
        return "00-" + from.traceId() + "-" + HexFormat.of().toHexDigits(span) + (sampled ? "-01" : "-00");
    }

    /** A new random trace id: 32 lower-case hex digits, never all zero. */
    public static String random() {
        var random = ThreadLocalRandom.current();
        var hex = HexFormat.of();
        return hex.toHexDigits(random.nextLong() | 1) + hex.toHexDigits(random.nextLong());
    }
}
