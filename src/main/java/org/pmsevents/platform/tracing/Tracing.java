package org.pmsevents.platform.tracing;

import io.smallrye.mutiny.Uni;
import java.util.function.Function;

/**
 * Records what all rooms do, by trace. Traces are passed as values. Nothing is bound to a thread or a context, because one
 * statement, batch or run serves many traces at once.
 */
public interface Tracing {
    /** Used if no collector is configured. */
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

    /** The role of a span in its trace (OpenTelemetry, SpanKind). */
    enum Kind {
        /** Answers a request. */
        SERVER,
        /** Calls another system and waits for it. */
        CLIENT,
        /** Creates something that is processed later: an event, a job. */
        PRODUCER,
        /** Processes what a producer has created. */
        CONSUMER,
        INTERNAL
    }

    boolean isOn();

    /** Whether spans of the trace are recorded: the same on every replica, because only the trace id decides. */
    boolean records(String traceId);

    Span start(Kind kind, String name, Traced parent);

    /**
     * The same with a known span id: that of an event or a job. Whoever processes it, on any replica, continues from this span,
     * although only the trace id is stored.
     */
    Span start(Kind kind, String name, Traced parent, long id);

    /** Records a span from the subscription to the end of the work, however that ends. */
    <T> Uni<T> within(Kind kind, String name, Traced parent, Function<Span, Uni<T>> work);
}
