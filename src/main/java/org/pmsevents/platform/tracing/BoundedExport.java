package org.pmsevents.platform.tracing;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Exports ended spans on a thread of its own and never blocks callers. While the collector is slow or unavailable, spans over the
 * bound are dropped. Counts the outcome of each span.
 */
final class BoundedExport implements SpanProcessor {
    private static final String SPANS = "pms.tracing.spans";
    private static final int BATCH = 512;

    private final int bound;
    private final AtomicInteger underWay = new AtomicInteger();
    private final Counter dropped;
    private final SpanProcessor batches;

    /** @param bound how many spans may be waiting or in transit */
    BoundedExport(SpanExporter exporter, int bound, Duration delay, Duration timeout, MeterRegistry meters) {
        this.bound = bound;
        this.dropped = meters.counter(SPANS, "outcome", "dropped");
        this.batches = BatchSpanProcessor.builder(new Counting(exporter, meters))
                .setMaxQueueSize(bound)
                .setMaxExportBatchSize(Math.min(BATCH, bound))
                .setScheduleDelay(delay)
                .setExporterTimeout(timeout)
                .build();
    }

    /** Delegates and counts the outcomes. */
    private final class Counting implements SpanExporter {
        private final SpanExporter exporter;
        private final Counter exported;
        private final Counter failed;

        Counting(SpanExporter exporter, MeterRegistry meters) {
            this.exporter = exporter;
            this.exported = meters.counter(SPANS, "outcome", "exported");
            this.failed = meters.counter(SPANS, "outcome", "failed");
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            int size = spans.size();
            var result = attempt(spans);
            return result.whenComplete(() -> {
                underWay.addAndGet(-size);
                (result.isSuccess() ? exported : failed).increment(size);
            });
        }

        private CompletableResultCode attempt(Collection<SpanData> spans) {
            try {
                return exporter.export(spans);
            } catch (RuntimeException e) {
                return CompletableResultCode.ofExceptionalFailure(e);
            }
        }

        @Override
        public CompletableResultCode flush() {
            return exporter.flush();
        }

        @Override
        public CompletableResultCode shutdown() {
            return exporter.shutdown();
        }
    }

    @Override
    public void onStart(Context parent, ReadWriteSpan span) {}

    @Override
    public boolean isStartRequired() {
        return false;
    }

    @Override
    public void onEnd(ReadableSpan span) {
        if (underWay.incrementAndGet() > bound) {
            underWay.decrementAndGet();
            dropped.increment();
        } else {
            batches.onEnd(span);
        }
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    @Override
    public CompletableResultCode shutdown() {
        return batches.shutdown();
    }

    @Override
    public CompletableResultCode forceFlush() {
        return batches.forceFlush();
    }
}
