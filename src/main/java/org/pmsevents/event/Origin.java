package org.pmsevents.event;

/**
 * Who began a change and under which trace, carried from the request or webhook into every event, job and frame.
 *
 * @param actor the token's subject, or a name such as {@code system} for what the service does by itself
 * @param traceId W3C trace id, 32 lower-case hex digits
 */
public record Origin(String actor, String traceId) {

    /** What the service does by itself, under a trace of its own. */
    public static Origin system() {
        return new Origin("system", TraceId.random());
    }
}
