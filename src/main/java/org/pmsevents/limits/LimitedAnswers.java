package org.pmsevents.limits;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.Operation;

/** Says in the API's description of each call that it can be refused for how many there are. */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class LimitedAnswers implements OASFilter {
    private static final String STATUS = "429";

    @Override
    public Operation filterOperation(Operation operation) {
        if (operation.getResponses() != null && !operation.getResponses().hasAPIResponse(STATUS)) {
            operation
                    .getResponses()
                    .addAPIResponse(STATUS, OASFactory.createAPIResponse().ref("TooManyRequests"));
        }
        return operation;
    }
}
