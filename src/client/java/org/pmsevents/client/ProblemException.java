package org.pmsevents.client;

import com.fasterxml.jackson.databind.JsonNode;

/** The service has refused a request: a problem document (RFC 9457), or an answer without one. */
public class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;
    private final String detail;
    private final transient JsonNode problem;

    ProblemException(int status, String code, String detail, JsonNode problem) {
        super(status + " " + code + ": " + detail);
        this.status = status;
        this.code = code;
        this.detail = detail;
        this.problem = problem;
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The stable code of the problem; the status as text if the answer had none. Decide by this. */
    public String code() {
        return code;
    }

    /** What is wrong, for people. */
    public String detail() {
        return detail;
    }

    /** The whole problem, such as its {@code violations} and {@code traceId}; a missing node if there was none. */
    public JsonNode problem() {
        return problem;
    }
}
