package org.pmsevents.platform.tracing;

import io.smallrye.mutiny.Uni;
import java.util.function.Function;

/**
 * Where any room tells what it does under which trace. Traces are values here: nothing is bound to a thread or a context, because one
 * statement, one batch, one run serves many traces at once.
 */
public interface Tracing {
    /** As long as no collector is named. */
    Tracing OFF = new Tracing() {
        @Override
        public boolean isOn() {
            return false;
        }

        @Override
        public boolean records(String traceId) {
            return false;
        }

        @Override
        public Span start(Kind kind, String name, Traced parent) {
            return Span.NONE;
        }

        @Override
        public Span start(Kind kind, String name, Traced parent, long id) {
            return Span.NONE;
        }

        @Override
        public <T> Uni<T> within(Kind kind, String name, Traced parent, Function<Span, Uni<T>> work) {
            return work.apply(Span.NONE);
        }
    };

    /** What a span is to the others of its trace (OpenTelemetry, SpanKind). */
    enum Kind {
        /** Answers a request. */
        SERVER,
        /** Asks another system, and waits. */
        CLIENT,
        /** Makes what others take up later: an event, a job. */
        PRODUCER,
        /** Takes up what a producer has made. */
        CONSUMER,
        INTERNAL
    }

    boolean isOn();

    /** Whether spans of the trace are recorded: the same on every replica, as the trace id alone decides. */
    boolean records(String traceId);

    Span start(Kind kind, String name, Traced parent);

    /**
     * The same under an id that others know: that of an event or a job, so that whoever takes it up goes on from here, on whichever
     * replica, though only the trace id is stored.
     */
    Span start(Kind kind, String name, Traced parent, long id);

    /** A span from the subscription to its end, however that comes. */
    <T> Uni<T> within(Kind kind, String name, Traced parent, Function<Span, Uni<T>> work);
}
