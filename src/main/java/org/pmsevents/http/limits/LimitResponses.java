package org.pmsevents.http.limits;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Operation;

/** Adds the answers of the limits to the API description: overload for every call, slow bodies for calls with a body. */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class LimitResponses implements OASFilter {

    @Override
    public Operation filterOperation(Operation operation) {
        add(operation, "429", "TooManyRequests");
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
