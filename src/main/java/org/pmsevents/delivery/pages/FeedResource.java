package org.pmsevents.delivery.pages;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.Positions;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.paging.PageRequest;

/** The feed over HTTP, page by page. */
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

    FeedResource(FeedReads reads) {
        this.reads = reads;
    }

    @GET
    @Operation(operationId = "listEvents", summary = "Events after a position; pass next as after to continue")
    @APIResponse(
            responseCode = "200",
            description = "The events after the position",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "EventPage")))
    @APIResponse(responseCode = "400", ref = "EventsRefused")
    @APIResponse(responseCode = "403", ref = "TopicNotAllowed")
    @APIResponse(responseCode = "410", ref = "PositionExpired")
    public Uni<Response> events(
            @QueryParam("after")
                    @Parameter(description = "0 means the oldest stored event", schema = @Schema(ref = "Position"))
                    @Nullable
                    String after,
            @QueryParam("epoch")
                    @Parameter(description = "The epoch of after", schema = @Schema(ref = "Epoch"))
                    @Nullable
                    String epoch,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("type")
                    @Parameter(description = "Such as product.created or product.*, repeated or separated by commas")
                    @Nullable
                    List<String> types) {
        return reads.page(
                        Positions.place("?after", after == null ? "0" : after, epoch),
                        PageRequest.limit(limit),
                        types == null ? List.of() : types)
                .map(page -> Response.ok(page).build());
    }
}
