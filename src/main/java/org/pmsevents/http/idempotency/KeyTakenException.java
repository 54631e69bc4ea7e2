package org.pmsevents.http.idempotency;

import io.vertx.pgclient.PgException;

/** An answer is stored under the key already: the change was made by another request, and this one was rolled back. */
public class KeyTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private KeyTakenException(Throwable cause) {
        super("an answer is stored under the key already", cause);
    }

    /**
     * Converts the failure of a statement that inserts keys: to this exception if a key is taken, otherwise unchanged.
     *
     * @param primaryKey the name of the constraint that a second insert violates
     */
    public static Throwable translated(Throwable failure, String primaryKey) {
        boolean taken = failure instanceof PgException refusal && primaryKey.equals(refusal.getConstraint());
        return taken ? new KeyTakenException(failure) : failure;
    }
}
