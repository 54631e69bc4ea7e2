package org.pmsevents.metrics.request;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.pmsevents.metrics.Numbers;

/**
 * An answered request; the payload of {@code metrics.request}.
 *
 * @param method such as GET, or OTHER
 * @param route the template of its path, never the path
 * @param status of the answer
 * @param nanos from the arrival of the request until the head of its answer was sent
 */
@RegisterForReflection
public record RequestMeasured(
        String method, String route, int status, @JsonIgnore long nanos) {
    private static final int SERVER_ERROR = 500;

    /** As in the event, to the microsecond. */
    @JsonProperty
    public double millis() {
        return Numbers.rounded(nanos / 1e6);
    }

    /** Whether the service, not the caller, caused the failure. */
    @JsonIgnore
    public boolean isError() {
        return status >= SERVER_ERROR;
    }
}
