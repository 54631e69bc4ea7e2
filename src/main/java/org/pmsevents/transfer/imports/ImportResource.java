package org.pmsevents.transfer.imports;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.util.List;
import java.util.Locale;
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
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.KeyConnections;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.SenderText;

/** Imports over HTTP. */
@Path("/api/imports")
@Tag(name = "Imports")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed({Roles.EDITOR, Roles.STOCK})
public class ImportResource {
    private final ImportFlow flow;
    private final CurrentRequest request;
    private final CurrentVertxRequest http;
    private final SecurityIdentity identity;
    private final KeyConnections ofKeys;
    private final IdempotencyKeys keys;

    ImportResource(
            ImportFlow flow,
            CurrentRequest request,
            CurrentVertxRequest http,
            SecurityIdentity identity,
            KeyConnections ofKeys,
            IdempotencyKeys keys) {
        this.flow = flow;
        this.request = request;
        this.http = http;
        this.identity = identity;
        this.ofKeys = ofKeys;
        this.keys = keys;
    }

    @POST
    @Consumes({UploadedFiles.CSV, UploadedFiles.JSON})
    @CreatesResource
    @Parameter(ref = "IdempotencyKey")
    @Operation(
            operationId = "createImport",
            summary =
                    "Send a file of products, counts or thresholds; it is stored as it arrives and worked off by a job")
    @RequestBody(
            required = true,
            content = {
                @Content(
                        mediaType = UploadedFiles.CSV,
                        schema = @Schema(type = SchemaType.STRING),
                        example = "sku,name,price,currency\nMUG-1,Mug,7.50,EUR\n"),
                @Content(mediaType = UploadedFiles.JSON, schema = @Schema(type = SchemaType.STRING))
            })
    @APIResponse(
            responseCode = "202",
            description = "The file is stored, and how its first line was understood",
            headers = @Header(name = "Location", schema = @Schema(type = SchemaType.STRING)),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Import")))
    @APIResponse(responseCode = "400", ref = "FileRefused")
    @APIResponse(responseCode = "409", ref = "ImportFinished")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> create(
            @QueryParam("kind") @Parameter(required = true, description = "products, counts or thresholds") @Nullable
                    String kind,
            @QueryParam("mode") @Parameter(description = "Of products: upsert (default), create or update") @Nullable
                    String mode,
            @QueryParam("dryRun")
                    @Parameter(description = "true: says what would become of each line, and changes nothing")
                    @Nullable
                    String dryRun,
            @QueryParam("preset")
                    @Parameter(description = "shopify: the file is an export of products from Shopify")
                    @Nullable
                    String preset,
            @QueryParam("decimal")
                    @Parameter(description = "comma: 1.234,56 is a number; point: 1,234.56 is one. By default neither")
                    @Nullable
                    String decimal,
            @QueryParam("currency") @Parameter(description = "Of prices whose line has none, such as EUR") @Nullable
                    String currency,
            @QueryParam("map")
                    @Parameter(
                            description = "Which column is which field, as in Artikel:sku,Lager:-; may be repeated."
                                    + " - leaves a column out, *:- all that are not known")
                    @Nullable
                    List<String> map,
            @HeaderParam(HttpHeaders.CONTENT_TYPE) @Parameter(hidden = true) @Nullable MediaType type,
            @Context UriInfo uri) {
        if (type == null) {
            throw AppException.unsupportedMediaType("The request needs the header Content-Type: " + UploadedFiles.CSV
                    + " or " + UploadedFiles.JSON + ".");
        }
        boolean json = type.getSubtype().toLowerCase(Locale.ROOT).equals("x-ndjson");
        var coding = type.getParameters().get(MediaType.CHARSET_PARAMETER);
        if (coding != null && !SenderText.isKnown(coding)) {
            throw AppException.unsupportedMediaType("The charset must be one of " + SenderText.KNOWN + ".");
        }
        var wanted =
                ImportRequest.of(new ImportRequest.Query(kind, mode, dryRun, preset, decimal, currency, map), json);
        requireRole(wanted.file().kind());
        var location = uri.getBaseUriBuilder().path("/api/imports/{id}");
        ofKeys.opened(identity.getPrincipal(), http.getCurrent());
        return flow.receive(
                        wanted,
                        keys.current(null),
                        coding,
                        request.locations(),
                        http.getCurrent().request(),
                        Vertx.currentContext(),
                        request.current())
                .map(stored -> Response.accepted(stored)
                        .type(MediaType.APPLICATION_JSON)
                        .header(
                                HttpHeaders.LOCATION,
                                location.build(
                                        JsonText.object(stored).path("id").textValue()))
                        .build());
    }

    private void requireRole(ImportKind kind) {
        var role = switch (kind) {
            case PRODUCTS -> Roles.EDITOR;
            case COUNTS, THRESHOLDS -> Roles.STOCK;
        };
        if (!identity.hasRole(role)) {
            throw AppException.forbidden(
                            "forbidden",
                            "Importing " + kind.wireName() + " needs one of the roles " + role + ", " + Roles.ADMIN
                                    + ".")
                    .with("roles", List.of(role, Roles.ADMIN));
        }
    }

    @GET
    @Operation(operationId = "listImports", summary = "List imports, the newest first")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ImportPage")))
    public Uni<Page<ImportView>> list(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return flow.list(PageRequest.of("imports", limit, after));
    }

    @GET
    @Path("/{id}")
    @Operation(
            operationId = "getImport",
            summary = "Read an import: how far it is, and what became of the lines so far")
    @APIResponse(
            responseCode = "200",
            description = "The import",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Import")))
    @APIResponse(responseCode = "404", ref = "ImportNotFound")
    public Uni<ImportView> read(@PathParam("id") String id) {
        return flow.read(id);
    }

    @GET
    @Path("/{id}/rejected")
    @Produces({UploadedFiles.CSV, UploadedFiles.JSON})
    @Operation(
            operationId = "getRejectedLines",
            summary = "The refused lines as a file that can be corrected and sent again")
    @APIResponse(
            responseCode = "200",
            description = "Each line as it was, followed by its number, the column, the code and what is wrong",
            content = {
                @Content(mediaType = UploadedFiles.CSV, schema = @Schema(type = SchemaType.STRING)),
                @Content(mediaType = UploadedFiles.JSON, schema = @Schema(type = SchemaType.STRING))
            })
    @APIResponse(responseCode = "404", ref = "ImportNotFound")
    public Uni<Response> rejected(
            @PathParam("id") String id,
            @QueryParam("format") @Parameter(description = "csv or ndjson; by default that of the import") @Nullable
                    String format) {
        if (format != null && !format.equals("csv") && !format.equals("ndjson")) {
            throw AppException.validationFailed("?format", "unknown", "format must be csv or ndjson.");
        }
        ofKeys.opened(identity.getPrincipal(), http.getCurrent());
        return flow.rejected(id, format == null ? null : format.equals("ndjson"))
                .map(pieces -> Response.ok(pieces)
                        .header(HttpHeaders.CONTENT_TYPE, pieces.type())
                        .header(
                                HttpHeaders.CONTENT_DISPOSITION,
                                "attachment; filename=\"rejected-" + id + "." + pieces.ending() + "\"")
                        .header(HttpHeaders.CACHE_CONTROL, "no-store")
                        .build());
    }

    @POST
    @Path("/{id}/cancel")
    @Operation(
            operationId = "cancelImport",
            summary = "End an import after the chunk under way; what it has changed stays")
    @APIResponse(
            responseCode = "200",
            description = "The import",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Import")))
    @APIResponse(responseCode = "404", ref = "ImportNotFound")
    @APIResponse(responseCode = "409", ref = "ImportFinished")
    public Uni<ImportView> cancel(@PathParam("id") String id) {
        return flow.cancel(id, this::requireRole, request.locations(), request.current());
    }
}
