package org.pmsevents.cache.flow;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
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
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.NormalText;

/** The cache, for operators. */
@Path("/api/cache")
@Tag(name = "Cache")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.OPERATOR)
public class CacheResource {
    private final CacheReads reads;
    private final InvalidationFlow flow;
    private final CurrentRequest request;

    CacheResource(CacheReads reads, InvalidationFlow flow, CurrentRequest request) {
        this.reads = reads;
        this.flow = flow;
        this.request = request;
    }

    @GET
    @Path("/stats")
    @Operation(operationId = "getCacheStats", summary = "State of this replica's cache since its start")
    @APIResponse(
            responseCode = "200",
            description = "Its levels, loads and hottest keys",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "CacheStats")))
    public Uni<Response> stats() {
        return Uni.createFrom().item(() -> Response.ok(reads.stats()).build());
    }

    @DELETE
    @Operation(
            operationId = "clearCache",
            summary = "Invalidate on all replicas the entries that share the tag of a key, or have a given tag")
    @APIResponse(responseCode = "204", description = "No value that was read before is returned any more")
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    public Uni<Response> clear(
            @QueryParam("key") @Parameter(description = "Such as product:MUG-1 or stock:MUG-1/main") @Nullable
                    String key,
            @QueryParam("tag") @Parameter(description = "products, stocks, product:MUG-1 or stock:MUG-1") @Nullable
                    String tag) {
        return flow.clear(NormalText.ofNullable(key), NormalText.ofNullable(tag), request.current())
                .map(done -> Response.noContent().build());
    }
}
