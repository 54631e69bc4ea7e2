package org.pmsevents.pms.webhook;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.PermitAll;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.ParameterIn;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.headers.Header;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.signature.Webhook;

/** Receives webhooks of the PMS over HTTP. They are authenticated by their signature, not by a token. */
@Path("/webhooks/pms")
@Tag(name = "PMS")
@Produces(MediaType.APPLICATION_JSON)
@PermitAll
public class PmsWebhookResource {
    /** Where counts are received. */
    static final String STOCK = "/webhooks/pms/stock";

    private static final String ACTOR = "pms";
    public static final String REPLAYED = "Idempotent-Replayed";

    private final StockSyncFlow flow;
    private final CurrentRequest request;

    PmsWebhookResource(StockSyncFlow flow, CurrentRequest request) {
        this.flow = flow;
        this.request = request;
    }

    @POST
    @Path("/stock")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "receiveCounts",
            summary = "Apply counts to stock, each as of its own time (Standard Webhooks)",
            description =
                    "Signed by the PMS instead of carrying a token: the signature is that of Standard Webhooks over the id, the timestamp and the body.")
    @Parameter(
            name = Webhook.ID,
            in = ParameterIn.HEADER,
            required = true,
            description = "The same for every delivery of a webhook; must not contain a full stop",
            schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 255))
    @Parameter(
            name = Webhook.TIME,
            in = ParameterIn.HEADER,
            required = true,
            description = "Seconds since the epoch, at most 5 minutes from now",
            schema = @Schema(type = SchemaType.INTEGER))
    @Parameter(
            name = Webhook.SIGNATURE,
            in = ParameterIn.HEADER,
            required = true,
            description =
                    "`v1,` and the base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`; several, separated by spaces, while the secret is being rotated",
            schema = @Schema(type = SchemaType.STRING))
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "StockCounts")))
    @APIResponse(
            responseCode = "200",
            description = "The results of the lines; repeated deliveries get the first answer",
            headers = @Header(name = REPLAYED, schema = @Schema(type = SchemaType.STRING)),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SyncReport")))
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "401", ref = "BadSignature")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "WebhookIdReused")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    public Uni<Response> stock(@Context HttpHeaders headers, byte @Nullable [] body) {
        return flow.sync(webhook(headers, body), request.age(), request.currentAs(ACTOR))
                .map(answer -> response(answer.json(), answer.replayed()));
    }

    /** A webhook as it was received. */
    public static Webhook webhook(HttpHeaders headers, byte @Nullable [] body) {
        return new Webhook(
                all(headers, Webhook.ID),
                all(headers, Webhook.TIME),
                all(headers, Webhook.SIGNATURE),
                body == null ? new byte[0] : body);
    }

    /** The answer to a webhook, marked if it is that of an earlier delivery. */
    public static Response response(String json, boolean replayed) {
        var response = Response.ok(json);
        return replayed ? response.header(REPLAYED, "true").build() : response.build();
    }

    private static List<String> all(HttpHeaders headers, String name) {
        var values = headers.getRequestHeader(name);
        return values == null ? List.of() : List.copyOf(values);
    }
}
