package org.pmsevents.http.limits;

/** A request that exceeds a limit, refused before any work is done for it. Has no stack trace, because it must be cheap. */
public final class OverLimitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String detail;
    private final int retryAfterSeconds;

    private OverLimitException(int status, String detail, int retryAfterSeconds) {
        super(detail, null, false, false);
        this.status = status;
        this.detail = detail;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** 503: the replica has reached its limit of requests in progress. */
    static OverLimitException busy() {
        return new OverLimitException(503, "This replica has reached its limit of requests in progress.", 1);
    }

    /** 429: the client exceeds its rate. */
    static OverLimitException tooOften(int retryAfterSeconds) {
        return new OverLimitException(429, "You have exceeded your limit of requests per second.", retryAfterSeconds);
    }

    public int status() {
        return status;
    }

    public String detail() {
        return detail;
    }

    public int retryAfterSeconds() {
        return retryAfterSeconds;
    }
}
