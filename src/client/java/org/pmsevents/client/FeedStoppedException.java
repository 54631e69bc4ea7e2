package org.pmsevents.client;

/** A feed has stopped because another attempt would fail in the same way. */
public class FeedStoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String code;
    private final String detail;

    FeedStoppedException(String code, String detail) {
        super(code + ": " + detail);
        this.code = code;
        this.detail = detail;
    }

    /**
     * Why: {@code unauthenticated} (a refused token was given again, or three in a row were refused), {@code forbidden}, {@code
     * topic-not-allowed} or another code of a problem, the close code {@code 4400} or {@code 1009}, or a status such as {@code 404}.
     */
    public String code() {
        return code;
    }

    /** The same for people. */
    public String detail() {
        return detail;
    }
}
