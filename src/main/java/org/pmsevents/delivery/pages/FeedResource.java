package org.pmsevents.delivery.pages;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.sse.EventStreams;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;

/** The feed over HTTP: page by page, as a stream, and what its primary handlers could not take. */
@Path("/api/events")
@Tag(name = "Events")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class FeedResource {
    private final FeedReads reads;
    private final EventStreams streams;
    private final DeadLetterFlow deadLetters;
    private final CurrentRequest request;

    private final IdempotencyKeys keys;

    FeedResource(
            FeedReads reads, EventStreams streams, DeadLetterFlow deadLetters, CurrentRequest request, IdempotencyKeys keys) {
        this.reads = reads;
        this.streams = streams;
        this.deadLetters = deadLetters;
        this.request = request;
        this.keys = keys;
    }

    @GET
    @Operation(summary = "Events after a position; send next back as after to go on")
    @APIResponse(
            responseCode = "200",
            description = "What follows the position",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "EventPage")))
    @APIResponse(responseCode = "400", ref = "EventsRefused")
    @APIResponse(responseCode = "403", ref = "TopicNotAllowed")
    @APIResponse(responseCode = "410", ref = "PositionExpired")
    public Uni<Response> events(
            @QueryParam("after")
                    @Parameter(description = "0 is before the first that is kept", schema = @Schema(ref = "Position"))
                    @Nullable
                    String after,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("type")
                    @Parameter(description = "Such as product.created or product.*, repeated or separated by commas")
                    @Nullable
                    List<String> types) {
        return reads.page(position("?after", after, 0), PageRequest.limit(limit), types == null ? List.of() : types)
                .map(page -> Response.ok(page).build());
    }

    @GET
    @Path("/stream")
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @Operation(
            summary = "Events as they happen (server-sent events); Last-Event-ID resumes, or after where there is none")
    @APIResponse(
            responseCode = "200",
            description =
                    "Events, each with its position as id; an id alone is a heartbeat; the event reset, with oldest and head, says that what Last-Event-ID asks for is not kept",
            content = @Content(mediaType = MediaType.SERVER_SENT_EVENTS, schema = @Schema(ref = "EventMessage")))
    @APIResponse(responseCode = "400", ref = "EventsRefused")
    @APIResponse(responseCode = "403", ref = "TopicNotAllowed")
    public Multi<OutboundSseEvent> stream(
            @QueryParam("type")
                    @Parameter(description = "Such as product.created or product.*, repeated or separated by commas")
                    @Nullable
                    List<String> types,
            @QueryParam("after") @Parameter(schema = @Schema(ref = "Position")) @Nullable String after,
            @HeaderParam("Last-Event-ID") @Parameter(schema = @Schema(ref = "Position")) @Nullable String lastEventId,
            @Context Sse sse) {
        Long resume = lastEventId == null || lastEventId.isEmpty()
                ? after == null ? null : Long.valueOf(position("?after", after, 0))
                : Long.valueOf(position("Last-Event-ID", lastEventId, 0));
        return streams.open(types == null ? List.of() : types, resume, sse);
    }

    @GET
    @Path("/dead-letters")
    @RolesAllowed(Roles.OPERATOR)
    @Operation(summary = "Events that a primary handler could not take")
    @APIResponse(
            responseCode = "200",
            description = "A page, the oldest first",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "DeadLetterPage")))
    public Uni<Response> deadLetters(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Nullable String after) {
        return deadLetters
                .list(PageRequest.of(limit, after))
                .map(page -> Response.ok(page).build());
    }

    @POST
    @Path("/dead-letters/{id}/retry")
    @RolesAllowed(Roles.OPERATOR)
    @Operation(summary = "Hand an event to its handler again")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(responseCode = "204", description = "The handler took it; the dead letter is gone")
    @APIResponse(responseCode = "404", ref = "DeadLetterNotFound")
    @APIResponse(responseCode = "409", ref = "DeadLetterFailedAgain")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> retry(@PathParam("id") String id) {
        return deadLetters
                .retry(id, keys.current(null), request.current())
                .map(done -> Response.noContent().build());
    }

    private static long position(String name, @Nullable String text, long otherwise) {
        if (text == null) {
            return otherwise;
        }
        try {
            long position = Long.parseLong(text);
            if (position >= 0) {
                return position;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw AppException.validationFailed(name, "format", name + " must be a position: an integer, 0 or more.");
    }
}
