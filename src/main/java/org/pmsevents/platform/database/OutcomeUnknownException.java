package org.pmsevents.platform.database;

/** The connection was lost during a commit: the change may or may not have been made. */
public class OutcomeUnknownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(Throwable cause) {
        super("the connection to PostgreSQL was lost during the commit", cause);
    }
}
