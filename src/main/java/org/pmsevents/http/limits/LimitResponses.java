package org.pmsevents.http.limits;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Operation;

/**
 * Adds to the API description the answers that any call may get before its resource is asked: overload, a condition that can't be read
 * or does not hold (RFC 9110, section 13), and, of calls with a body, one that arrives too slowly.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class LimitResponses implements OASFilter {

    @Override
    public Operation filterOperation(Operation operation) {
        add(operation, "429", "TooManyRequests");
        add(operation, "400", "BadRequest");
        add(operation, "412", "PreconditionFailed");
        if (operation.getRequestBody() != null) {
            add(operation, "408", "RequestTimeout");
        }
        return operation;
    }

    private static void add(Operation operation, String status, String response) {
        if (operation.getResponses() != null && !operation.getResponses().hasAPIResponse(status)) {
            operation
                    .getResponses()
                    .addAPIResponse(status, OASFactory.createAPIResponse().ref(response));
        }
    }
}
