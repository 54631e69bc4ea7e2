package org.pmsevents.queue;

/** Somebody else has taken the job over, or it was cancelled: what was done under the old token must not be written. */
public final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LeaseLostException() {
        super("the job is no longer this worker's");
    }
}
