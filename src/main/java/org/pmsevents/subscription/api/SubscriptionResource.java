package org.pmsevents.subscription.api;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import org.eclipse.microprofile.openapi.annotations.Operation;
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
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;

/** Subscriptions over HTTP. */
@Path("/api/subscriptions")
@Tag(name = "Subscriptions")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.OPERATOR)
public class SubscriptionResource {
    private static final String MERGE_PATCH = "application/merge-patch+json";

    private final SubscriptionFlow flow;
    private final SubscriptionReads reads;
    private final TestDelivery tests;
    private final CurrentRequest request;
    private final IdempotencyKeys keys;

    SubscriptionResource(
            SubscriptionFlow flow,
            SubscriptionReads reads,
            TestDelivery tests,
            CurrentRequest request,
            IdempotencyKeys keys) {
        this.flow = flow;
        this.reads = reads;
        this.tests = tests;
        this.request = request;
        this.keys = keys;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @CreatesResource
    @Operation(
            operationId = "createSubscription",
            summary = "Make a subscription; the answer is the only one that shows its secret")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "NewSubscription")))
    @APIResponse(
            responseCode = "201",
            description = "The subscription",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SubscriptionWithSecret")))
    @APIResponse(responseCode = "409", ref = "SubscriptionNameTaken")
    @APIResponse(responseCode = "410", ref = "PositionExpired")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> create(byte @Nullable [] body) {
        return flow.create(body, keys.current(body), request.current())
                .map(created -> Response.status(201)
                        .location(URI.create("/api/subscriptions/"
                                + JsonText.object(created).path("id").textValue()))
                        .entity(created)
                        .build());
    }

    @GET
    @Operation(operationId = "listSubscriptions", summary = "List subscriptions in the order of their names")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SubscriptionPage")))
    public Uni<Page<SubscriptionView>> list(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return reads.list(PageRequest.of("subscriptions", limit, after));
    }

    @GET
    @Path("/audit")
    @Operation(operationId = "listSubscriptionChanges", summary = "Who changed subscriptions, the newest change first")
    @APIResponse(
            responseCode = "200",
            description = "A page",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SubscriptionChangePage")))
    public Uni<Page<SubscriptionReads.ChangeView>> audit(
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Parameter(description = "The value of next on the previous page") @Nullable
                    String after) {
        return reads.audit(PageRequest.of("subscriptions-audit", limit, after));
    }

    @GET
    @Path("/{id}")
    @Operation(operationId = "getSubscription", summary = "Read a subscription and where it stands")
    @APIResponse(
            responseCode = "200",
            description = "The subscription",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Subscription")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    public Uni<SubscriptionView> read(@PathParam("id") String id) {
        return reads.read(id);
    }

    @PATCH
    @Path("/{id}")
    @Consumes(MERGE_PATCH)
    @Operation(operationId = "patchSubscription", summary = "Change parts of a subscription (RFC 7396)")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MERGE_PATCH, schema = @Schema(ref = "SubscriptionPatch")))
    @APIResponse(
            responseCode = "200",
            description = "The subscription after the change",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Subscription")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    @APIResponse(responseCode = "409", ref = "SubscriptionNameTaken")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    public Uni<SubscriptionView> patch(
            @PathParam("id") String id,
            @HeaderParam("Content-Type") @Parameter(hidden = true) @Nullable String contentType,
            byte @Nullable [] body) {
        if (contentType == null || contentType.isBlank()) {
            throw AppException.unsupportedMediaType("The Content-Type of a patch must be " + MERGE_PATCH + ".")
                    .header("Accept-Patch", MERGE_PATCH);
        }
        return flow.patch(id, body, request.current());
    }

    @DELETE
    @Path("/{id}")
    @Operation(
            operationId = "deleteSubscription",
            summary = "Delete a subscription; what it has not delivered is not delivered any more")
    @APIResponse(responseCode = "204", description = "Deleted")
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    public Uni<Void> delete(@PathParam("id") String id) {
        return flow.delete(id, request.current());
    }

    @GET
    @Path("/{id}/attempts")
    @Operation(operationId = "listAttempts", summary = "The last 100 attempts, the newest first")
    @APIResponse(
            responseCode = "200",
            description = "The attempts",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "DeliveryAttempts")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    public Uni<SubscriptionReads.Attempts> attempts(@PathParam("id") String id) {
        return reads.attempts(id);
    }

    @POST
    @Path("/{id}/pause")
    @Operation(operationId = "pauseSubscription", summary = "Deliver nothing until it is resumed")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The subscription",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Subscription")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    @APIResponse(responseCode = "409", ref = "SubscriptionNotActive")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<String> pause(@PathParam("id") String id) {
        return flow.pause(id, keys.current(null), request.current());
    }

    @POST
    @Path("/{id}/resume")
    @Operation(operationId = "resumeSubscription", summary = "Go on from the cursor; what has failed is tried at once")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The subscription",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Subscription")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    @APIResponse(responseCode = "410", ref = "PositionExpired")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<String> resume(@PathParam("id") String id) {
        return flow.resume(id, keys.current(null), request.current());
    }

    @POST
    @Path("/{id}/replay")
    @Consumes(MediaType.APPLICATION_JSON)
    @Operation(operationId = "replaySubscription", summary = "Set the cursor; the state stays")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Replay")))
    @APIResponse(
            responseCode = "200",
            description = "The subscription",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Subscription")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    @APIResponse(responseCode = "410", ref = "PositionExpired")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<String> replay(@PathParam("id") String id, byte @Nullable [] body) {
        return flow.replay(id, body, keys.current(body), request.current());
    }

    @POST
    @Path("/{id}/rotate-secret")
    @Operation(
            operationId = "rotateSecret",
            summary = "Make another secret, shown this once; for a day the one before signs as well")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The subscription with its new secret",
            content =
                    @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SubscriptionWithSecret")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    @APIResponse(responseCode = "409", ref = "WrongDeliveryKind")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<String> rotate(@PathParam("id") String id) {
        return flow.rotate(id, keys.current(null), request.current());
    }

    @POST
    @Path("/{id}/test")
    @Operation(
            operationId = "testSubscription",
            summary = "Send a test message now, whatever the state; tells what the receiver answers")
    @APIResponse(
            responseCode = "200",
            description = "What came of it",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "SubscriptionTested")))
    @APIResponse(responseCode = "404", ref = "SubscriptionNotFound")
    @APIResponse(responseCode = "409", ref = "WrongDeliveryKind")
    public Uni<TestDelivery.Tested> test(@PathParam("id") String id) {
        return tests.send(id, request.current());
    }
}
