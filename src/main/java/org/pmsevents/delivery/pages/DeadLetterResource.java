package org.pmsevents.delivery.pages;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
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
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.paging.PageRequest;

/** The HTTP API of dead letters: lists them page by page, and retries them one by one. */
@Path("/api/events/dead-letters")
@Tag(name = "Events")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.OPERATOR)
public class DeadLetterResource {
    private final DeadLetterFlow deadLetters;
    private final CurrentRequest request;
    private final IdempotencyKeys keys;

    DeadLetterResource(DeadLetterFlow deadLetters, CurrentRequest request, IdempotencyKeys keys) {
        this.deadLetters = deadLetters;
        this.request = request;
        this.keys = keys;
    }

    @GET
    @Operation(operationId = "listDeadLetters", summary = "Events that a durable handler could not process")
    @APIResponse(
            responseCode = "200",
            description = "A page, the oldest first",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "DeadLetterPage")))
    public Uni<Response> deadLetters(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Nullable String after) {
        return deadLetters
                .list(PageRequest.of("dead-letters", limit, after))
                .map(page -> Response.ok(page).build());
    }

    @POST
    @Path("/{id}/retry")
    @Operation(operationId = "retryDeadLetter", summary = "Pass the event of a dead letter to its handler again")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(responseCode = "204", description = "The handler succeeded; the dead letter is deleted")
    @APIResponse(responseCode = "404", ref = "DeadLetterNotFound")
    @APIResponse(responseCode = "409", ref = "DeadLetterFailedAgain")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> retry(@PathParam("id") String id) {
        return deadLetters
                .retry(id, keys.current(null), request.current())
                .map(done -> Response.noContent().build());
    }
}
