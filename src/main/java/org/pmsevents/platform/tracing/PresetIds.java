package org.pmsevents.platform.tracing;

import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.sdk.trace.IdGenerator;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Gives the SDK ids that exist before their span: the trace id of a request, the span id of an event or a job. */
final class PresetIds implements IdGenerator {
    private final ThreadLocal<@Nullable Choice> choice = new ThreadLocal<>();

    private record Choice(String traceId, long spanId) {}

    /** Runs {@code start}, which starts a span at once and on this thread, with these ids. */
    <T> T with(String traceId, long spanId, Supplier<T> start) {
        choice.set(new Choice(traceId, spanId));
        try {
            return start.get();
        } finally {
            choice.remove();
        }
    }

    @Override
    public String generateTraceId() {
        var chosen = choice.get();
        if (chosen == null) {
            throw new IllegalStateException("spans are started with preset ids only");
        }
        return chosen.traceId();
    }

    @Override
    public String generateSpanId() {
        var chosen = choice.get();
        return SpanId.fromLong(
                chosen == null || chosen.spanId() == 0
                        ? ThreadLocalRandom.current().nextLong() | 1
                        : chosen.spanId());
    }
}
