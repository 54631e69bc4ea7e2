package org.pmsevents.http.limits;

/** A request that is refused for how many there are, before anything has been done about it. It has no stack trace: it must cost little. */
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

    /** 503: the replica has as much to do as it can. */
    static OverLimitException busy() {
        return new OverLimitException(503, "This replica has as many requests as it takes at once.", 1);
    }

    /** 429: the client asks too often. */
    static OverLimitException tooOften(int retryAfterSeconds) {
        return new OverLimitException(429, "You send more requests than you may.", retryAfterSeconds);
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
