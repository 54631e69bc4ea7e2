package org.pmsevents.platform.database;

/**
 * Concurrent transactions conflicted and this one was rolled back (deadlock, serialization failure): nothing was changed, and it
 * can be retried.
 */
public class ConflictException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ConflictException(Throwable cause) {
        super("the transaction conflicted with another one", cause);
    }
}
