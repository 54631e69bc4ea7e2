package org.pmsevents.export;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.FeedPosition;
import org.pmsevents.http.query.Flag;
import org.pmsevents.http.security.KeyConnections;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.product.ProductStatus;

/** Everything as a file, over HTTP. */
@Path("/api/exports")
@Tag(name = "Exports")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@RolesAllowed(Roles.VIEWER)
public class ExportResource {
    private static final String CSV = "text/csv";
    private static final String NDJSON = "application/x-ndjson";
    private static final String FORMAT = "csv (RFC 4180, UTF-8) or ndjson (a JSON object a line)";
    private static final String DESCRIPTION =
            "The body ends only when it is complete: one that is cut off (the connection is closed before the"
                    + " last chunk) is a part. In CSV, a text that begins with `=`, `+`, `-`, `@`, a tab, a carriage return or an apostrophe has an"
                    + " apostrophe in front, so that no spreadsheet runs it; the import takes it away.";
    private static final DateTimeFormatter FILE_TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final ExportFlow flow;
    private final CurrentVertxRequest current;
    private final SecurityIdentity identity;
    private final KeyConnections ofKeys;
    private final Clock clock;

    ExportResource(
            ExportFlow flow,
            CurrentVertxRequest current,
            SecurityIdentity identity,
            KeyConnections ofKeys,
            Clock clock) {
        this.flow = flow;
        this.current = current;
        this.identity = identity;
        this.ofKeys = ofKeys;
        this.clock = clock;
    }

    @GET
    @Path("/products")
    @Produces({CSV, NDJSON})
    @Operation(
            operationId = "exportProducts",
            summary = "All products as a file, at one snapshot",
            description = DESCRIPTION)
    @APIResponse(
            responseCode = "200",
            description = "The products in the order of their SKUs",
            headers = {
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Content-Disposition", schema = @Schema(type = SchemaType.STRING))
            },
            content = {
                @Content(mediaType = CSV, schema = @Schema(type = SchemaType.STRING)),
                @Content(mediaType = NDJSON, schema = @Schema(ref = "ExportedProduct"))
            })
    public Uni<Response> products(
            @QueryParam("format") @Parameter(description = FORMAT, schema = @Schema(ref = "ExportFormat")) @Nullable
                    String format,
            @QueryParam("status") @Parameter(schema = @Schema(ref = "ProductStatus")) @Nullable String status,
            @QueryParam("tag") @Nullable String tag,
            @QueryParam("q") @Parameter(description = "Substring of the name or SKU, ignoring case") @Nullable
                    String search) {
        var as = ExportFormat.named(format);
        return answer(
                "products",
                as,
                flow.products(
                        ProductStatus.ofParameter(status),
                        NormalText.ofNullable(tag),
                        NormalText.ofNullable(search),
                        as));
    }

    @GET
    @Path("/inventory")
    @Produces({CSV, NDJSON})
    @Operation(operationId = "exportStock", summary = "All stock as a file, at one snapshot", description = DESCRIPTION)
    @APIResponse(
            responseCode = "200",
            description = "The stock in the order of SKU and location",
            headers = {
                @Header(name = "Feed-Position", ref = "FeedPosition"),
                @Header(name = "Content-Disposition", schema = @Schema(type = SchemaType.STRING))
            },
            content = {
                @Content(mediaType = CSV, schema = @Schema(type = SchemaType.STRING)),
                @Content(mediaType = NDJSON, schema = @Schema(ref = "ExportedStock"))
            })
    public Uni<Response> inventory(
            @QueryParam("format") @Parameter(description = FORMAT, schema = @Schema(ref = "ExportFormat")) @Nullable
                    String format,
            @QueryParam("low")
                    @Parameter(description = "Only low stock", schema = @Schema(type = SchemaType.BOOLEAN))
                    @Nullable
                    String low,
            @QueryParam("location") @Parameter(schema = @Schema(ref = "Location")) @Nullable String location) {
        var as = ExportFormat.named(format);
        return answer("inventory", as, flow.inventory(NormalText.ofNullable(location), Flag.of("low", low), as));
    }

    /** Describes the file without reading anything; judges the filters as the file does. */
    @HEAD
    @Path("/products")
    @Operation(hidden = true)
    public Uni<Response> describeProducts(
            @QueryParam("format") @Nullable String format,
            @QueryParam("status") @Nullable String status,
            @QueryParam("tag") @Nullable String tag,
            @QueryParam("q") @Nullable String search) {
        var as = ExportFormat.named(format);
        var unused = ProductStatus.ofParameter(status);
        return Uni.createFrom().item(() -> described("products", as).build());
    }

    @HEAD
    @Path("/inventory")
    @Operation(hidden = true)
    public Uni<Response> describeInventory(
            @QueryParam("format") @Nullable String format,
            @QueryParam("low") @Nullable String low,
            @QueryParam("location") @Nullable String location) {
        var as = ExportFormat.named(format);
        boolean unused = Flag.of("low", low);
        return Uni.createFrom().item(() -> described("inventory", as).build());
    }

    private Uni<Response> answer(String name, ExportFormat format, Uni<Export> opened) {
        var routing = current.getCurrent();
        var caller = identity.getPrincipal();
        return opened.map(export -> {
            ofKeys.opened(caller, routing);
            closeAtEnd(routing, export);
            return FeedPosition.marked(described(name, format).entity(export), export.seen())
                    .build();
        });
    }

    /** However the request ends, also if its client has left before. */
    private static void closeAtEnd(RoutingContext routing, Export export) {
        routing.addEndHandler(ended -> export.close());
        if (routing.response().closed()) {
            export.close();
        }
    }

    private Response.ResponseBuilder described(String name, ExportFormat format) {
        var file = name + "-" + FILE_TIME.format(clock.instant()) + "." + format.extension();
        return Response.ok()
                .header("Content-Type", format.mediaType())
                .header("Content-Disposition", "attachment; filename=\"" + file + "\"")
                .header("Cache-Control", "no-store");
    }
}
