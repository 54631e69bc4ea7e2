package org.pmsevents.apikey;

import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.http.precondition.CreatesResource;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;

/** API keys over HTTP. */
@Path("/api/keys")
@Tag(name = "API keys")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.ADMIN)
public class ApiKeyResource {
    private final ApiKeyFlow flow;
    private final CurrentRequest request;
    private final SecurityIdentity identity;
    private final IdempotencyKeys keys;

    ApiKeyResource(ApiKeyFlow flow, CurrentRequest request, SecurityIdentity identity, IdempotencyKeys keys) {
        this.flow = flow;
        this.request = request;
        this.identity = identity;
        this.keys = keys;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @CreatesResource
    @Operation(operationId = "createApiKey", summary = "Make an API key; the answer is the only one that shows it")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "NewApiKey")))
    @APIResponse(
            responseCode = "201",
            description = "The key",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "CreatedApiKey")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "409", ref = "KeyNameTaken")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> create(byte @Nullable [] body) {
        var creator = new ApiKeyFlow.Creator(identity.getRoles(), request.locations(), request.current());
        return flow.create(body, keys.current(body), creator)
                .map(created -> Response.status(201).entity(created).build());
    }

    @GET
    @Operation(operationId = "listApiKeys", summary = "List API keys in the order of their names")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ApiKeyPage")))
    public Uni<Page<ApiKey>> list(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return flow.list(PageRequest.of("keys", limit, after));
    }

    @DELETE
    @Path("/{id}")
    @Operation(
            operationId = "revokeApiKey",
            summary = "Revoke an API key, on every replica within 5 s, with its WebSockets and streams")
    @APIResponse(responseCode = "204", description = "Revoked")
    @APIResponse(responseCode = "404", ref = "KeyNotFound")
    public Uni<Void> revoke(@PathParam("id") String id) {
        return flow.revoke(id, request.current());
    }

    @GET
    @Path("/audit")
    @RolesAllowed(Roles.OPERATOR)
    @Operation(operationId = "listApiKeyChanges", summary = "Who made and revoked API keys, the newest change first")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ApiKeyChangePage")))
    public Uni<Page<ApiKeyChange>> audit(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return flow.audit(PageRequest.of("keys-audit", limit, after));
    }
}
