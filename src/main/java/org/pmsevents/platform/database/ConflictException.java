package org.pmsevents.platform.database;

/** Others changed the same at the same time in a way that only one could go on (deadlock, serialization): nothing was changed, and it can be repeated. */
public class ConflictException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConflictException(Throwable cause) {
        super("another transaction was in the way", cause);
    }
}
