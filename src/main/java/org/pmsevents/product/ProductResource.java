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
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriBuilder;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.error.AppException;
import org.pmsevents.paging.PageRequest;
import org.pmsevents.security.RequestOrigin;
import org.pmsevents.security.Roles;

/** Products over HTTP. */
@Path("/api/products")
@Tag(name = "Products")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class ProductResource {
    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final ProductFlow flow;
    private final ProductReads reads;
    private final RequestOrigin origin;

    ProductResource(ProductFlow flow, ProductReads reads, RequestOrigin origin) {
        this.flow = flow;
        this.reads = reads;
        this.origin = origin;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.EDITOR)
    @Operation(summary = "Create a product as a draft")
    public Uni<Response> create(byte @Nullable [] body) {
        return flow.create(body, origin.current())
                .map(product -> Response.created(
                                UriBuilder.fromPath("/api/products/{sku}").build(product.sku()))
                        .header("ETag", etag(product))
                        .entity(product.json())
                        .build());
    }

    @GET
    @Path("/{sku}")
    @Operation(summary = "Read a product")
    public Uni<Response> read(
            @PathParam("sku") String sku, @HeaderParam("If-None-Match") @Nullable String ifNoneMatch) {
        var known = Precondition.ifNoneMatch(ifNoneMatch);
        return reads.read(sku, origin.current())
                .map(product -> known.names(product.version())
                        ? Response.notModified().header("ETag", etag(product)).build()
                        : ok(product));
    }

    @PUT
    @Path("/{sku}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.EDITOR)
    @Operation(summary = "Replace a product")
    public Uni<Response> replace(
            @PathParam("sku") String sku, @HeaderParam("If-Match") @Nullable String ifMatch, byte @Nullable [] body) {
        return flow.replace(sku, body, Precondition.ifMatch(ifMatch), origin.current())
                .map(ProductResource::ok);
    }

    @PATCH
    @Path("/{sku}")
    @Consumes(MERGE_PATCH)
    @RolesAllowed(Roles.EDITOR)
    @Operation(summary = "Change parts of a product (RFC 7396)")
    public Uni<Response> patch(
            @PathParam("sku") String sku, @HeaderParam("If-Match") @Nullable String ifMatch, byte @Nullable [] body) {
        return flow.patch(sku, body, Precondition.ifMatch(ifMatch), origin.current())
                .map(ProductResource::ok);
    }

    @POST
    @Path("/{sku}/publish")
    @RolesAllowed(Roles.EDITOR)
    @Operation(summary = "Publish a product")
    public Uni<Response> publish(@PathParam("sku") String sku, @HeaderParam("If-Match") @Nullable String ifMatch) {
        return flow.publish(sku, Precondition.ifMatch(ifMatch), origin.current())
                .map(done -> Response.ok(ProductJson.publication(done))
                        .header("ETag", etag(done.product()))
                        .build());
    }

    @DELETE
    @Path("/{sku}")
    @RolesAllowed(Roles.EDITOR)
    @Operation(summary = "Archive a product")
    public Uni<Response> archive(@PathParam("sku") String sku, @HeaderParam("If-Match") @Nullable String ifMatch) {
        return flow.archive(sku, Precondition.ifMatch(ifMatch), origin.current())
                .map(done -> Response.noContent().build());
    }

    @GET
    @Operation(summary = "List and search products in the order of their SKUs")
    public Uni<Response> list(
            @QueryParam("status") @Nullable String status,
            @QueryParam("tag") @Nullable String tag,
            @QueryParam("q") @Nullable String search,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("after") @Nullable String after) {
        return reads.list(status(status), tag, search, PageRequest.of(limit, after))
                .map(page -> Response.ok(page).build());
    }

    @GET
    @Path("/{sku}/history")
    @Operation(summary = "Who changed what of a product, the newest change first")
    public Uni<Response> history(
            @PathParam("sku") String sku,
            @QueryParam("limit") @Nullable String limit,
            @QueryParam("after") @Nullable String after) {
        return reads.history(sku, PageRequest.of(limit, after))
                .map(page -> Response.ok(page).build());
    }

    private static Response ok(ProductView product) {
        return Response.ok(product.json()).header("ETag", etag(product)).build();
    }

    private static String etag(ProductView product) {
        return "\"" + product.version() + "\"";
    }

    private static @Nullable ProductStatus status(@Nullable String status) {
        return status == null
                ? null
                : ProductStatus.named(status)
                        .orElseThrow(() -> AppException.validationFailed(
                                "?status", "unknown-value", "status must be draft, published or archived."));
    }
}
