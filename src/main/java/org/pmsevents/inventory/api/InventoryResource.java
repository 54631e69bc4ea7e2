package org.pmsevents.inventory.api;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
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
import org.pmsevents.cache.FeedPosition;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.http.query.Flag;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockQuery;
import org.pmsevents.inventory.adjust.AdjustmentJson;
import org.pmsevents.inventory.read.InventoryReads;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.paging.NamesRequest;
import org.pmsevents.platform.paging.PageRequest;

/** Stock over HTTP. */
@Path("/api/inventory")
@Tag(name = "Inventory")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class InventoryResource {
    private static final String ADJUSTMENTS = "adjustments";

    private final InventoryFlow flow;
    private final StockSettingsFlow settings;
    private final InventoryReads reads;
    private final CurrentRequest request;
    private final IdempotencyKeys keys;

    InventoryResource(
            InventoryFlow flow,
            StockSettingsFlow settings,
            InventoryReads reads,
            CurrentRequest request,
            IdempotencyKeys keys) {
        this.flow = flow;
        this.settings = settings;
        this.reads = reads;
        this.request = request;
        this.keys = keys;
    }

    @GET
    @Path("/{sku}")
    @Operation(operationId = "getStock", summary = "Read a stock")
    @APIResponse(
            responseCode = "200",
            description = "The stock",
            headers = {
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Cache-Status", ref = "CacheStatus")
            },
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Stock")))
    @APIResponse(responseCode = "404", ref = "StockNotFound")
    public Uni<Response> read(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @QueryParam("location") @Parameter(schema = @Schema(ref = "Location")) @Nullable String location) {
        return reads.read(NormalText.of(sku), NormalText.ofNullable(location), request.current())
                .map(stock -> stock.marked(Response.ok(stock.entry().json())).build());
    }

    /** Reads the stock of a SKU named adjustments: JAX-RS prefers a literal path to a template, whatever methods it has. */
    @GET
    @Path("/adjustments")
    @Operation(hidden = true)
    public Uni<Response> readAdjustments(@QueryParam("location") @Nullable String location) {
        return read(ADJUSTMENTS, location);
    }

    @GET
    @Path("/{sku}/locations")
    @Operation(
            operationId = "listStockOfProduct",
            summary = "Read the stock of a product at all locations, and its sum")
    @APIResponse(
            responseCode = "200",
            description = "The stock everywhere, in the order of locations",
            headers = {
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Cache-Status", ref = "CacheStatus")
            },
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "StockEverywhere")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    public Uni<Response> locations(@PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku) {
        return reads.readEverywhere(NormalText.of(sku), request.current())
                .map(stock -> stock.marked(Response.ok(stock.entry().json())).build());
    }

    @GET
    @Operation(
            operationId = "listStock",
            summary = "List stock in the order of SKU and location, or read that of the given SKUs at one location",
            description =
                    "With `sku`, up to 100 times: the stock of these products at the location, in the order asked, each once,"
                            + " and which of them have none there. `sku` can be combined with `location` only.")
    @Parameter(ref = "Skus")
    @APIResponse(
            responseCode = "200",
            description = "A page; with `sku` the stock of these products",
            headers = {
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Cache-Status", ref = "CacheStatus")
            },
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "StockList")))
    public Uni<Response> list(
            @QueryParam("low")
                    @Parameter(description = "Only low stock", schema = @Schema(type = SchemaType.BOOLEAN))
                    @Nullable
                    String low,
            @QueryParam("location") @Parameter(schema = @Schema(ref = "Location")) @Nullable String location,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after,
            @QueryParam("sku") @Parameter(hidden = true) List<String> skus,
            @Context UriInfo uri) {
        var given = uri.getQueryParameters();
        if (given.containsKey("sku")) {
            return reads.readAll(
                            NamesRequest.of("sku", given, List.of("low", "limit", "after")),
                            NormalText.ofNullable(location),
                            request.current())
                    .map(found ->
                            found.marked(Response.ok(found.entry().json())).build());
        }
        return reads.list(
                        NormalText.ofNullable(location),
                        Flag.of("low", low),
                        PageRequest.of(StockQuery.LIST, limit, after),
                        request.current())
                .map(page -> page.marked(Response.ok(page.entry().json())).build());
    }

    @POST
    @Path("/{sku}/adjustments")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @Operation(operationId = "adjustStock", summary = "Add to a stock or take from it")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Adjustment")))
    @APIResponse(
            responseCode = "200",
            description = "Done",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Adjusted")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "409", ref = "StockRefused")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<AdjustmentJson.Adjusted> adjust(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku, byte @Nullable [] body) {
        return flow.adjust(NormalText.of(sku), body, request.locations(), keys.current(body), request.current());
    }

    @POST
    @Path("/adjustments")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @Operation(operationId = "adjustStocks", summary = "Adjust several stocks, line by line or all or none")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Adjustments")))
    @APIResponse(
            responseCode = "200",
            description = "The result of each line",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "LineResults")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "409", ref = "LinesRefused")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<AdjustmentJson.LineResults> adjustAll(
            @QueryParam("atomic")
                    @Parameter(description = "All lines or none", schema = @Schema(type = SchemaType.BOOLEAN))
                    @Nullable
                    String atomic,
            byte @Nullable [] body) {
        return flow.adjustAll(
                body, request.locations(), Flag.of("atomic", atomic), keys.current(body), request.current());
    }

    @PUT
    @Path("/{sku}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @Operation(operationId = "countStock", summary = "Set a stock to a count")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "StockCount")))
    @APIResponse(
            responseCode = "200",
            description = "Done; the ids are null if the stock equals the count",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Adjusted")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "409", ref = "StockRefused")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<AdjustmentJson.Adjusted> count(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku, byte @Nullable [] body) {
        return flow.count(NormalText.of(sku), body, request.locations(), keys.current(body), request.current());
    }

    /** Counts the stock of a SKU named adjustments, see {@link #readAdjustments}. */
    @PUT
    @Path("/adjustments")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @Operation(hidden = true)
    public Uni<AdjustmentJson.Adjusted> countAdjustments(byte @Nullable [] body) {
        return count(ADJUSTMENTS, body);
    }

    @PUT
    @Path("/{sku}/threshold")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @Operation(operationId = "setThreshold", summary = "Set the threshold at or below which a stock is low")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Threshold")))
    @APIResponse(
            responseCode = "200",
            description = "The stock after the change",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Stock")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    public Uni<StockJson.StockView> threshold(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku, byte @Nullable [] body) {
        return settings.setThreshold(NormalText.of(sku), body, request.locations(), request.current());
    }

    @GET
    @Path("/{sku}/movements")
    @Operation(operationId = "listMovements", summary = "The ledger of a product, the newest movement first")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            headers = @Header(name = "Feed-Position", ref = "FeedPosition"),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "MovementPage")))
    @APIResponse(responseCode = "404", ref = "ProductNotFound")
    public Uni<Response> movements(
            @PathParam("sku") @Parameter(schema = @Schema(ref = "Sku")) String sku,
            @QueryParam("location") @Parameter(schema = @Schema(ref = "Location")) @Nullable String location,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return reads.movements(
                        NormalText.of(sku),
                        NormalText.ofNullable(location),
                        PageRequest.of("movements", NormalText.of(sku), limit, after))
                .map(page -> FeedPosition.marked(Response.ok(page.value()), page.seen())
                        .build());
    }
}
