package org.pmsevents.platform.database;

/** The connection was lost during a commit: the change was committed or not. */
public class OutcomeUnknownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(Throwable cause) {
        super("the connection to PostgreSQL was lost during the commit", cause);
    }
}
