package org.pmsevents.platform.database;

import io.smallrye.mutiny.TimeoutException;

/** A commit was not confirmed, by the server or by the synchronous standby that it waits for: the change was made or not. */
public class OutcomeUnknownException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(Throwable cause) {
        super("PostgreSQL has not confirmed the commit", cause);
    }

    /** Whether the server has not answered yet: it may commit at any time, and holds the rows until then. */
    public boolean isPending() {
        return getCause() instanceof TimeoutException;
    }

    /** Whether the change can be read, but is lost if a standby takes over: reading it again proves nothing. */
    public boolean isUnreplicated() {
        return getCause() instanceof NotReplicatedException;
    }

    static OutcomeUnknownException notReplicated() {
        return new OutcomeUnknownException(new NotReplicatedException());
    }

    private static final class NotReplicatedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotReplicatedException() {
            super("the wait for the synchronous standby was cancelled");
        }
    }
}
