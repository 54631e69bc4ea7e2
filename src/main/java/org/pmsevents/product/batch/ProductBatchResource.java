package org.pmsevents.product.batch;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
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
import org.pmsevents.http.precondition.EvaluatesConditions;
import org.pmsevents.http.query.Flag;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.product.ProductResource;

/** Many products over HTTP. */
@Path("/api/products")
@Tag(name = "Products")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class ProductBatchResource {
    private static final String BATCH = "batch";
    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final ProductBatchFlow flow;
    private final ProductResource product;
    private final CurrentRequest request;
    private final IdempotencyKeys keys;

    ProductBatchResource(ProductBatchFlow flow, ProductResource product, CurrentRequest request, IdempotencyKeys keys) {
        this.flow = flow;
        this.product = product;
        this.request = request;
        this.keys = keys;
    }

    @POST
    @Path("/batch")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.EDITOR)
    @Operation(
            operationId = "writeProducts",
            summary = "Create, replace and publish up to 1,000 products, line by line or all or none",
            description =
                    "Each line is a product as `POST` and `PUT` take it, and is answered as if it had come alone; `status`"
                            + " `published` also publishes it. Lines of one SKU are applied in their order.")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductLines")))
    @APIResponse(
            responseCode = "200",
            description = "The result of each line",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductLineResults")))
    @APIResponse(responseCode = "409", ref = "LinesRefused")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> apply(
            @QueryParam("mode")
                    @Parameter(
                            description = "Whether lines may create products, replace them, or both",
                            schema =
                                    @Schema(
                                            type = SchemaType.STRING,
                                            enumeration = {"upsert", "create", "update"},
                                            defaultValue = "upsert"))
                    @Nullable
                    String mode,
            @QueryParam("atomic")
                    @Parameter(description = "All lines or none", schema = @Schema(type = SchemaType.BOOLEAN))
                    @Nullable
                    String atomic,
            @QueryParam("dryRun")
                    @Parameter(
                            description = "Only tell what the results would be",
                            schema = @Schema(type = SchemaType.BOOLEAN))
                    @Nullable
                    String dryRun,
            byte @Nullable [] body) {
        var options = BatchOptions.of(BatchRules.mode(mode))
                .allOrNone(Flag.of("atomic", atomic))
                .preview(Flag.of("dryRun", dryRun));
        return flow.apply(body, options, keys.current(body), request.current())
                .map(answer -> Response.ok(answer).build());
    }

    /** Reads the product with the SKU batch: JAX-RS prefers a literal path to a template, whatever methods it has. */
    @GET
    @Path("/batch")
    @EvaluatesConditions
    @Operation(hidden = true)
    public Uni<Response> readBatch(
            @HeaderParam("If-Match") List<String> ifMatch, @HeaderParam("If-None-Match") List<String> ifNoneMatch) {
        return product.read(BATCH, ifMatch, ifNoneMatch);
    }

    /** See {@link #readBatch}. */
    @PUT
    @Path("/batch")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(hidden = true)
    public Uni<Response> replaceBatch(
            @HeaderParam("If-Match") List<String> ifMatch,
            @HeaderParam("If-None-Match") List<String> ifNoneMatch,
            byte @Nullable [] body) {
        return product.replace(BATCH, ifMatch, ifNoneMatch, body);
    }

    /** See {@link #readBatch}. */
    @PATCH
    @Path("/batch")
    @Consumes(MERGE_PATCH)
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(hidden = true)
    public Uni<Response> patchBatch(
            @HeaderParam("If-Match") List<String> ifMatch,
            @HeaderParam("If-None-Match") List<String> ifNoneMatch,
            @HeaderParam("Content-Type") @Nullable String contentType,
            byte @Nullable [] body) {
        return product.patch(BATCH, ifMatch, ifNoneMatch, contentType, body);
    }

    /** See {@link #readBatch}. */
    @DELETE
    @Path("/batch")
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(hidden = true)
    public Uni<Response> archiveBatch(
            @HeaderParam("If-Match") List<String> ifMatch, @HeaderParam("If-None-Match") List<String> ifNoneMatch) {
        return product.archive(BATCH, ifMatch, ifNoneMatch);
    }
}
