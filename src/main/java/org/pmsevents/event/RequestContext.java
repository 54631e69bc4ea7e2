package org.pmsevents.event;

import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Traced;

/**
 * Who began a change and under which trace, carried from the request or webhook into every event, job and frame.
 *
 * @param actor the token's subject, or a name such as {@code system} for what the service does by itself
 * @param traceId W3C trace id, 32 lower-case hex digits
 * @param span the span under which what follows is recorded; 0 where there is none
 */
public record RequestContext(String actor, String traceId, long span) implements Traced {

    public RequestContext(String actor, String traceId) {
        this(actor, traceId, 0);
    }

    /** What the service does by itself, under a trace of its own. */
    public static RequestContext system() {
        return new RequestContext("system", TraceId.random());
    }

    /** The same, one span further; the very same if that is not recorded. */
    public RequestContext under(Span inner) {
        return inner.isRecorded() ? new RequestContext(actor, traceId, inner.id()) : this;
    }
}
