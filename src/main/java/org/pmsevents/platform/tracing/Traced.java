package org.pmsevents.platform.tracing;

/** Something that belongs to a trace, and knows where in it: an origin, an event, a job. */
public interface Traced {
    /** W3C trace id, 32 lower-case hex digits. */
    String traceId();

    /** The span that what follows belongs to; 0 where only the trace is known. */
    long span();
}
