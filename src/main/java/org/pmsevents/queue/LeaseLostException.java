package org.pmsevents.queue;

/** Another worker has claimed the job, or it was cancelled: results under the old token must not be stored. */
public final class LeaseLostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public LeaseLostException() {
        super("this worker no longer has the job");
    }
}
