package org.pmsevents.platform.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Records spans with the OpenTelemetry SDK. A trace that is not sampled costs one look at its id. The sampling decision of the
 * caller is ignored, because it is not stored with events, and half a trace is of no use.
 */
final class OpenTelemetryTracing implements Tracing, AutoCloseable {
    private static final String SCOPE = "org.pmsevents";

    private final PresetIds ids = new PresetIds();
    private final Sampler sampler;
    private final SdkTracerProvider provider;
    private final Tracer tracer;
    private final Duration lastExport;

    OpenTelemetryTracing(Resource resource, double ratio, SpanProcessor export, Duration lastExport) {
        this.sampler = Sampler.traceIdRatioBased(ratio);
        this.provider = SdkTracerProvider.builder()
                .setResource(resource)
                .setSampler(Sampler.alwaysOn())
                .setIdGenerator(ids)
                .addSpanProcessor(export)
                .build();
        this.tracer = provider.get(SCOPE);
        this.lastExport = lastExport;
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public boolean records(String traceId) {
        return TraceId.isValid(traceId)
                && sampler.shouldSample(Context.root(), traceId, "", SpanKind.INTERNAL, Attributes.empty(), List.of())
                                .getDecision()
                        == SamplingDecision.RECORD_AND_SAMPLE;
    }

    @Override
    public Span start(Kind kind, String name, Traced parent) {
        return start(kind, name, parent, 0);
    }

    @Override
    public Span start(Kind kind, String name, Traced parent, long id) {
        if (!records(parent.traceId())) {
            return Span.NONE;
        }
        var builder = tracer.spanBuilder(name).setSpanKind(SpanKind.valueOf(kind.name()));
        if (parent.span() == 0) {
            builder.setNoParent();
        } else {
            builder.setParent(Context.root().with(io.opentelemetry.api.trace.Span.wrap(context(parent))));
        }
        return new RecordedSpan(ids.with(parent.traceId(), id, builder::startSpan));
    }

    private static SpanContext context(Traced parent) {
        return SpanContext.createFromRemoteParent(
                parent.traceId(), SpanId.fromLong(parent.span()), TraceFlags.getSampled(), TraceState.getDefault());
    }

    @Override
    public <T> Uni<T> within(Kind kind, String name, Traced parent, Function<Span, Uni<T>> work) {
        return Uni.createFrom().deferred(() -> {
            var span = start(kind, name, parent);
            return Uni.createFrom()
                    .deferred(() -> work.apply(span))
                    .onTermination()
                    .invoke((item, failure, cancelled) -> end(span, failure, cancelled));
        });
    }

    private static void end(Span span, @Nullable Throwable failure, boolean cancelled) {
        if (failure != null) {
            span.failed(failure.getClass().getName());
        } else if (cancelled) {
            span.failed("cancelled");
        }
        span.end();
    }

    /** Exports the remaining spans, within a time limit. */
    @Override
    public void close() {
        provider.shutdown().join(lastExport.toMillis(), TimeUnit.MILLISECONDS);
    }
}
