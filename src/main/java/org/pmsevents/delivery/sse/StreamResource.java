package org.pmsevents.delivery.sse;

import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
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
import org.jboss.resteasy.reactive.ResponseHeader;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.Positions;
import org.pmsevents.http.security.Roles;

/** The feed over HTTP as a stream. */
@Path("/api/events/stream")
@Tag(name = "Events")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@RolesAllowed(Roles.VIEWER)
public class StreamResource {
    private final EventStreams streams;

    StreamResource(EventStreams streams) {
        this.streams = streams;
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @ResponseHeader(name = "X-Accel-Buffering", value = "no") // nginx would keep events until its buffer is full
    @Operation(
            operationId = "streamEvents",
            summary = "Live events (server-sent events); Last-Event-ID resumes, or else the parameter after")
    @APIResponse(
            responseCode = "200",
            description = "Events, each with EPOCH:POSITION as id. A block with only an id is a heartbeat. "
                    + "The event reset, with epoch, oldest and head, means that the position asked for is not stored or of "
                    + "another epoch, or that a new epoch has begun.",
            content = @Content(mediaType = MediaType.SERVER_SENT_EVENTS, schema = @Schema(ref = "EventMessage")))
    @APIResponse(responseCode = "400", ref = "EventsRefused")
    @APIResponse(responseCode = "403", ref = "TopicNotAllowed")
    public Multi<OutboundSseEvent> stream(
            @QueryParam("type")
                    @Parameter(description = "Such as product.created or product.*, repeated or separated by commas")
                    @Nullable
                    List<String> types,
            @QueryParam("after") @Parameter(schema = @Schema(ref = "PlaceInFeed")) @Nullable String after,
            @QueryParam("epoch")
                    @Parameter(description = "The epoch of after", schema = @Schema(ref = "Epoch"))
                    @Nullable
                    String epoch,
            @HeaderParam("Last-Event-ID") @Parameter(schema = @Schema(ref = "PlaceInFeed")) @Nullable
                    String lastEventId,
            @Context Sse sse) {
        return streams.open(types == null ? List.of() : types, resumeAfter(lastEventId, after, epoch), sse);
    }

    /** Describes the stream: as a GET without content it would never end. */
    @HEAD
    @Operation(hidden = true)
    public Uni<Response> describe() {
        return Uni.createFrom()
                .item(() -> Response.ok()
                        .header("Content-Type", MediaType.SERVER_SENT_EVENTS)
                        .header("X-Accel-Buffering", "no")
                        .build());
    }

    private static Positions.@Nullable Place resumeAfter(
            @Nullable String lastEventId, @Nullable String after, @Nullable String epoch) {
        if (lastEventId != null && !lastEventId.isEmpty()) {
            return Positions.place("Last-Event-ID", lastEventId, null);
        }
        return after == null ? null : Positions.place("?after", after, epoch);
    }
}
