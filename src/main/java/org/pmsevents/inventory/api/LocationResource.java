package org.pmsevents.inventory.api;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
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
import org.pmsevents.http.precondition.EvaluatesConditions;
import org.pmsevents.http.precondition.Preconditions;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.read.InventoryReads;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.problem.AppException;

/** Locations of stock over HTTP. */
@Path("/api/locations/{location}")
@Tag(name = "Inventory")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class LocationResource {
    private final StockSettingsFlow flow;
    private final InventoryReads reads;
    private final CurrentRequest request;

    LocationResource(StockSettingsFlow flow, InventoryReads reads, CurrentRequest request) {
        this.flow = flow;
        this.reads = reads;
        this.request = request;
    }

    @GET
    @Operation(operationId = "getLocation", summary = "Read a location")
    @APIResponse(
            responseCode = "200",
            description = "The location",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "LocationView")))
    @APIResponse(responseCode = "404", ref = "LocationNotFound")
    public Uni<StockJson.LocationView> read(
            @PathParam("location") @Parameter(schema = @Schema(ref = "Location")) String location) {
        return reads.readLocation(NormalText.of(location));
    }

    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed(Roles.STOCK)
    @EvaluatesConditions
    @Operation(operationId = "setLocation", summary = "Set whether stock at a location may go below zero")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Backorders")))
    @APIResponse(
            responseCode = "200",
            description = "The location after the change",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "LocationView")))
    @APIResponse(responseCode = "403", ref = "LocationNotAllowed")
    @APIResponse(responseCode = "412", ref = "PreconditionFailed")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    public Uni<StockJson.LocationView> set(
            @PathParam("location") @Parameter(schema = @Schema(ref = "Location")) String location,
            @HeaderParam("If-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "*")
                    List<String> ifMatch,
            @HeaderParam("If-None-Match") @Parameter(schema = @Schema(type = SchemaType.STRING), example = "*")
                    List<String> ifNoneMatch,
            byte @Nullable [] body) {
        var name = NormalText.of(location);
        var fault = PathName.fault(name);
        if (fault != null) {
            throw AppException.validationFailed("/location", "pattern", fault);
        }
        request.locations().require(name);
        return flow.setLocation(name, body, Preconditions.of(ifMatch, ifNoneMatch));
    }
}
