package org.pmsevents.platform.tracing;

import io.opentelemetry.api.trace.StatusCode;

/** A span of the OpenTelemetry SDK. */
final class RecordedSpan implements Span {
    private final io.opentelemetry.api.trace.Span span;
    private final long id;

    RecordedSpan(io.opentelemetry.api.trace.Span span) {
        this.span = span;
        this.id = Long.parseUnsignedLong(span.getSpanContext().getSpanId(), 16);
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Span named(String name) {
        span.updateName(name);
        return this;
    }

    @Override
    public Span with(String attribute, String value) {
        span.setAttribute(attribute, value);
        return this;
    }

    @Override
    public Span with(String attribute, long value) {
        span.setAttribute(attribute, value);
        return this;
    }

    @Override
    public Span failed(String why) {
        span.setStatus(StatusCode.ERROR, why);
        return this;
    }

    @Override
    public void end() {
        span.end();
    }
}
