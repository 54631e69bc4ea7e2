package org.pmsevents.event;

import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Traced;

/**
 * Actor and trace of what is being done, passed from the request or webhook to every event, job and frame.
 *
 * @param actor the token's subject, or a name such as {@code system} for what the service does on its own
 * @param traceId W3C trace id, 32 lower-case hex digits
 * @param span id of the parent of further spans; 0 for none
 */
public record RequestContext(String actor, String traceId, long span) implements Traced {

    public RequestContext(String actor, String traceId) {
        this(actor, traceId, 0);
    }

    /** A context with a new trace, for what the service does on its own. */
    public static RequestContext system() {
        return new RequestContext("system", TraceId.random());
    }

    /** This context with the given span as parent; unchanged if the span is not recorded. */
    public RequestContext under(Span inner) {
        return inner.isRecorded() ? new RequestContext(actor, traceId, inner.id()) : this;
    }
}
