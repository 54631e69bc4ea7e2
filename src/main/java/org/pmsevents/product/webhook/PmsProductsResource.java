package org.pmsevents.product.webhook;

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
import org.pmsevents.pms.outbound.PmsConfig;
import org.pmsevents.pms.webhook.PmsWebhookResource;
import org.pmsevents.pms.webhook.WebhookGuard;

/** Receives products of the PMS over HTTP. They are authenticated by their signature, not by a token. */
@Path(WebhookGuard.PRODUCTS)
@Tag(name = "PMS")
@Produces(MediaType.APPLICATION_JSON)
@PermitAll
public class PmsProductsResource {
    private final PmsProductsFlow flow;
    private final PmsConfig config;
    private final CurrentRequest request;

    PmsProductsResource(PmsProductsFlow flow, PmsConfig config, CurrentRequest request) {
        this.flow = flow;
        this.config = config;
        this.request = request;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(
            operationId = "receiveProducts",
            summary = "Apply products, each if its version is newer than what was applied last (Standard Webhooks)",
            description = "What comes in this way is not sent back to the PMS.")
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
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "PmsProducts")))
    @APIResponse(
            responseCode = "200",
            description = "How many lines did what; repeated deliveries get the first answer",
            headers = @Header(name = PmsWebhookResource.REPLAYED, schema = @Schema(type = SchemaType.STRING)),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "ProductsReport")))
    @APIResponse(responseCode = "400", ref = "BadRequest")
    @APIResponse(responseCode = "401", ref = "BadSignature")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "WebhookIdReused")
    @APIResponse(responseCode = "503", ref = "Unavailable")
    public Uni<Response> products(@Context HttpHeaders headers, byte @Nullable [] body) {
        return flow.sync(PmsWebhookResource.webhook(headers, body), request.currentAs(config.actor()))
                .map(answer -> PmsWebhookResource.response(answer.json(), answer.replayed()));
    }
}
