package org.pmsevents.pms.webhook;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.http.query.Flag;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.paging.PageRequest;

/** SKUs that came by webhook and have no product, over HTTP. */
@Path("/api/pms/unknown-skus")
@Tag(name = "PMS")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class UnknownSkuResource {
    private final UnknownSkuFlow flow;
    private final CurrentRequest request;
    private final IdempotencyKeys keys;

    UnknownSkuResource(UnknownSkuFlow flow, CurrentRequest request, IdempotencyKeys keys) {
        this.flow = flow;
        this.request = request;
        this.keys = keys;
    }

    @GET
    @Operation(
            operationId = "listUnknownSkus",
            summary = "List SKUs that the PMS has sent and that have no product, oldest first")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "UnknownSkuPage")))
    public Uni<Response> list(
            @QueryParam("resolved")
                    @Parameter(
                            description = "true for resolved ones only, false for open ones only",
                            schema = @Schema(type = SchemaType.BOOLEAN))
                    @Nullable
                    String resolved,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return flow.list(Flag.ofNullable("resolved", resolved), PageRequest.of("unknown-skus", limit, after))
                .map(page -> Response.ok(page).build());
    }

    @POST
    @Path("/{id}/resolve")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @Operation(
            operationId = "resolveUnknownSku",
            summary = "Resolve an unknown SKU to a product, and apply its count to the stock")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SkuResolution")))
    @APIResponse(
            responseCode = "200",
            description = "Resolved",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ResolvedSku")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "404", ref = "UnknownSkuNotFound")
    @APIResponse(responseCode = "409", ref = "UnknownSkuRefused")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> resolve(@PathParam("id") String id, byte @Nullable [] body) {
        return flow.resolve(id, body, request.locations(), keys.current(body), request.current())
                .map(resolved -> Response.ok(resolved).build());
    }
}
