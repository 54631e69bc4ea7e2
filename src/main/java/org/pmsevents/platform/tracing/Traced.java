package org.pmsevents.platform.tracing;

/** Belongs to a trace and has a place in it: a request context, an event, a job. */
public interface Traced {
    /** W3C trace id, 32 lower-case hex digits. */
    String traceId();

    /** The parent span of what follows; 0 if only the trace is known. */
    long span();
}
