package org.pmsevents.metrics.cluster;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.security.Roles;
import org.pmsevents.metrics.Steps;
import org.pmsevents.platform.problem.AppException;

/** The metrics of the whole cluster over HTTP. Those of one replica are at {@code /q/metrics} on its management port. */
@Path("/api/metrics")
@Tag(name = "Metrics")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.OPERATOR)
public class MetricsResource {
    private final SummaryReads summaries;

    MetricsResource(SummaryReads summaries) {
        this.summaries = summaries;
    }

    @GET
    @Path("/summary")
    @Operation(
            operationId = "getMetricsSummary",
            summary = "Metrics of the whole cluster, per minute for an hour or per hour for a week")
    @APIResponse(
            responseCode = "200",
            description = "Counts of all replicas, including those that have stopped",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "MetricsSummary")))
    public Uni<Response> summary(
            @QueryParam("window")
                    @Parameter(
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            enumeration = {"hour", "week"},
                                            defaultValue = "hour"))
                    @Nullable
                    String window) {
        var wanted = Steps.Window.named(window == null ? "hour" : window)
                .orElseThrow(() -> AppException.validationFailed("?window", "unknown", "window must be hour or week."));
        return summaries.read(wanted).map(summary -> Response.ok(summary).build());
    }
}
