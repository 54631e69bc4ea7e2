package org.pmsevents.product;

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
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.http.precondition.CreatesResource;
import org.pmsevents.http.precondition.EvaluatesConditions;
import org.pmsevents.http.precondition.Preconditions;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.paging.NamesRequest;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;

/** Products over HTTP. */
@Path("/api/products")
@Tag(name = "Products")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class ProductResource {
    private static final String MERGE_PATCH = "application/merge-patch+json";

    /** Clients may store the answer, and must revalidate it by its ETag before each use. */
    private static final String REVALIDATED = "private, no-cache";

    private final ProductFlow flow;
    private final ProductReads reads;
    private final CurrentRequest request;
    private final IdempotencyKeys keys;

    ProductResource(ProductFlow flow, ProductReads reads, CurrentRequest request, IdempotencyKeys keys) {
        this.flow = flow;
        this.reads = reads;
        this.request = request;
        this.keys = keys;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.EDITOR)
    @CreatesResource
    @Operation(operationId = "createProduct", summary = "Create a product as a draft")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductDraft")))
    @APIResponse(
            responseCode = "201",
            description = "Created",
            headers = {
                @Header(name = "ETag", ref = "Version"),
                @Header(name = "Location", schema = @Schema(type = SchemaType.STRING))
            },
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Product")))
    @APIResponse(responseCode = "409", ref = "ProductExists")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> create(@Context UriInfo uri, byte @Nullable [] body) {
        var location = uri.getBaseUriBuilder().path("/api/products/{sku}");
        return flow.create(body, keys.current(body), request.current())
                .map(product -> Response.status(Response.Status.CREATED)
                        .header("Location", location.build(product.sku()))
                        .header("ETag", etag(product))
                        .entity(product.json())
                        .build());
    }

    @GET
    @Path("/{sku}")
    @EvaluatesConditions
    @Operation(operationId = "getProduct", summary = "Read a product")
    @APIResponse(
            responseCode = "200",
            description = "The product",
            headers = {
                @Header(name = "ETag", ref = "Version"),
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Cache-Status", ref = "CacheStatus")
            },
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Product")))
    @APIResponse(
            responseCode = "304",
            description = "The version is in If-None-Match",
            headers = {
                @Header(name = "ETag", ref = "Version"),
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Cache-Status", ref = "CacheStatus")
            })
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "412", ref = "VersionMismatch")
    public Uni<Response> read(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifNoneMatch) {
        var conditions = Preconditions.of(ifMatch, ifNoneMatch);
        return reads.read(NormalText.of(sku), request.current()).map(product -> {
            long version = product.entry().version();
            var response = conditions.isNotModified(version)
                    ? Response.notModified()
                    : Response.ok(product.entry().json());
            return product.marked(response.header("ETag", etag(version)).header("Cache-Control", REVALIDATED))
                    .build();
        });
    }

    @PUT
    @Path("/{sku}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(operationId = "replaceProduct", summary = "Replace a product")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductReplacement")))
    @APIResponse(
            responseCode = "200",
            description = "The product after the change",
            headers = @Header(name = "ETag", ref = "Version"),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Product")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "409", ref = "ProductArchived")
    @APIResponse(responseCode = "412", ref = "VersionMismatch")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    public Uni<Response> replace(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifNoneMatch,
            byte @Nullable [] body) {
        return flow.replace(NormalText.of(sku), body, Preconditions.of(ifMatch, ifNoneMatch), request.current())
                .map(ProductResource::ok);
    }

    @PATCH
    @Path("/{sku}")
    @Consumes(MERGE_PATCH)
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(operationId = "patchProduct", summary = "Change parts of a product (RFC 7396)")
    @RequestBody(required = true, content = @Content(mediaType = MERGE_PATCH, schema = @Schema(ref = "ProductPatch")))
    @APIResponse(
            responseCode = "200",
            description = "The product after the change",
            headers = @Header(name = "ETag", ref = "Version"),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Product")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "409", ref = "ProductArchived")
    @APIResponse(responseCode = "412", ref = "VersionMismatch")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    public Uni<Response> patch(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifNoneMatch,
            @HeaderParam("Content-Type") @Parameter(hidden = true) @Nullable String contentType,
            byte @Nullable [] body) {
        if (contentType == null || contentType.isBlank()) {
            throw AppException.unsupportedMediaType("The Content-Type of a patch must be " + MERGE_PATCH + ".")
                    .header("Accept-Patch", MERGE_PATCH);
        }
        return flow.patch(NormalText.of(sku), body, Preconditions.of(ifMatch, ifNoneMatch), request.current())
                .map(ProductResource::ok);
    }

    @POST
    @Path("/{sku}/publish")
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(operationId = "publishProduct", summary = "Publish a product")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The published product",
            headers = @Header(name = "ETag", ref = "Version"),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Publication")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "409", ref = "ProductArchived")
    @APIResponse(responseCode = "412", ref = "VersionMismatch")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> publish(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifNoneMatch) {
        return flow.publish(
                        NormalText.of(sku),
                        Preconditions.of(ifMatch, ifNoneMatch),
                        keys.current(null),
                        request.current())
                .map(done -> Response.ok(ProductJson.publication(done))
                        .header("ETag", etag(done.product()))
                        .build());
    }

    @DELETE
    @Path("/{sku}")
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(operationId = "archiveProduct", summary = "Archive a product")
    @APIResponse(responseCode = "204", description = "The product is archived")
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "412", ref = "VersionMismatch")
    public Uni<Response> archive(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifNoneMatch) {
        return flow.archive(NormalText.of(sku), Preconditions.of(ifMatch, ifNoneMatch), request.current())
                .map(done -> Response.noContent().build());
    }

    @POST
    @Path("/{sku}/restore")
    @RolesAllowed(Roles.EDITOR)
    @EvaluatesConditions
    @Operation(operationId = "restoreProduct", summary = "Take an archived product back, as a draft")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The product, a draft",
            headers = @Header(name = "ETag", ref = "Version"),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Product")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "409", ref = "ProductNotArchived")
    @APIResponse(responseCode = "412", ref = "VersionMismatch")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> restore(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "\"3\"")
                    List<String> ifNoneMatch) {
        return flow.restore(
                        NormalText.of(sku),
                        Preconditions.of(ifMatch, ifNoneMatch),
                        keys.current(null),
                        request.current())
                .map(ProductResource::ok);
    }

    @GET
    @Operation(
            operationId = "listProducts",
            summary = "List and search products in the order of their SKUs, or read those with the given SKUs",
            description =
                    "With `sku`, up to 100 times: these products in the order asked, each once, and which of them do not"
                            + " exist. `sku` can't be combined with other parameters.")
    @Parameter(ref = "Skus")
    @APIResponse(
            responseCode = "200",
            description = "A page of products; with `sku` the products with these SKUs",
            headers = {
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Cache-Status", ref = "CacheStatus")
            },
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductList")))
    public Uni<Response> list(
            @QueryParam("status") @Parameter(schema = @Schema(ref = "ProductStatus")) @Nullable String status,
            @QueryParam("tag") @Nullable String tag,
            @QueryParam("q") @Parameter(description = "Substring of the name or SKU, ignoring case") @Nullable
                    String search,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after,
            @QueryParam("sku") @Parameter(hidden = true) List<String> skus,
            @Context UriInfo uri) {
        var given = uri.getQueryParameters();
        if (given.containsKey("sku")) {
            return reads.readAll(
                            NamesRequest.of("sku", given, List.of("status", "tag", "q", "limit", "after")),
                            request.current())
                    .map(found ->
                            found.marked(Response.ok(found.entry().json())).build());
        }
        return reads.list(
                        ProductQuery.of(
                                ProductStatus.ofParameter(status),
                                NormalText.ofNullable(tag),
                                NormalText.ofNullable(search),
                                PageRequest.of(ProductQuery.LIST, limit, after)),
                        request.current())
                .map(page -> page.marked(Response.ok(page.entry().json())).build());
    }

    @GET
    @Path("/{sku}/history")
    @Operation(operationId = "listProductHistory", summary = "List the changes of a product, the newest first")
    @APIResponse(
            responseCode = "200",
            description = "A page of changes",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductHistoryPage")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    public Uni<Response> history(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return reads.history(NormalText.of(sku), PageRequest.of("history", NormalText.of(sku), limit, after))
                .map(page -> Response.ok(page).build());
    }

    private static Response ok(ProductView product) {
        return Response.ok(product.json()).header("ETag", etag(product)).build();
    }

    private static String etag(ProductView product) {
        return etag(product.version());
    }

    private static String etag(long version) {
        return "\"" + version + "\"";
    }
}
