package org.pmsevents.queue.api;

import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
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
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.queue.JobJson;

/** The queue over HTTP. */
@Path("/api/jobs")
@Tag(name = "Jobs")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.OPERATOR)
public class JobResource {
    private final JobFlow flow;
    private final JobReads reads;
    private final IdempotencyKeys keys;
    private final CurrentRequest request;

    JobResource(JobFlow flow, JobReads reads, IdempotencyKeys keys, CurrentRequest request) {
        this.flow = flow;
        this.reads = reads;
        this.keys = keys;
        this.request = request;
    }

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @CreatesResource
    @Operation(
            operationId = "createJob",
            summary = "Create a job; an unfinished one under the same uniqueKey is returned instead")
    @Parameter(ref = "IdempotencyKey")
    @RequestBody(
            required = true,
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "NewJob")))
    @APIResponse(
            responseCode = "202",
            description = "Created",
            headers = @Header(name = "Location", schema = @Schema(type = SchemaType.STRING)),
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Job")))
    @APIResponse(
            responseCode = "200",
            description = "The unfinished job under the same key; run once more if it is running",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Job")))
    @APIResponse(responseCode = "409", ref = "IdempotencyKeyBusy")
    @APIResponse(responseCode = "413", ref = "TooLarge")
    @APIResponse(responseCode = "415", ref = "UnsupportedMediaType")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> create(@Context UriInfo uri, byte @Nullable [] body) {
        var location = uri.getBaseUriBuilder().path("/api/jobs/{id}");
        return flow.create(body, keys.current(body), request.current())
                .map(answer -> Response.status(answer.status())
                        .header("Location", location.build(answer.jobId()))
                        .entity(answer.json())
                        .build());
    }

    @GET
    @Operation(operationId = "listJobs", summary = "List jobs, the newest first")
    @APIResponse(
            responseCode = "200",
            description = "A page of jobs",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "JobPage")))
    public Uni<Page<JobJson.JobView>> list(
            @QueryParam("state") @Parameter(schema = @Schema(ref = "JobState")) @Nullable String state,
            @QueryParam("kind") @Nullable String kind,
            @QueryParam("limit") @Parameter(schema = @Schema(ref = "Limit")) @Nullable String limit,
            @QueryParam("after") @Nullable String after) {
        return reads.list(state, kind, PageRequest.of("jobs", limit, after));
    }

    @GET
    @Path("/kinds")
    @Operation(operationId = "listJobKinds", summary = "List the kinds of jobs, with the schema of their payload")
    @APIResponse(
            responseCode = "200",
            description = "All kinds that this version knows, by name",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "JobKindList")))
    public Uni<JobJson.KindList> kinds() {
        return Uni.createFrom().item(reads::kinds);
    }

    @GET
    @Path("/{id}")
    @Operation(operationId = "getJob", summary = "Read a job")
    @APIResponse(
            responseCode = "200",
            description = "The job",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Job")))
    @APIResponse(responseCode = "404", ref = "JobNotFound")
    public Uni<JobJson.JobView> read(@PathParam("id") String id) {
        return reads.read(id);
    }

    @POST
    @Path("/{id}/cancel")
    @Operation(operationId = "cancelJob", summary = "Cancel a job; a running one is asked to stop")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The job",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Job")))
    @APIResponse(responseCode = "404", ref = "JobNotFound")
    @APIResponse(responseCode = "409", ref = "JobConflict")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> cancel(@PathParam("id") String id) {
        return flow.cancel(id, keys.current(null)).map(JobResource::answer);
    }

    @POST
    @Path("/{id}/retry")
    @Operation(operationId = "retryJob", summary = "Retry a job now")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "The job",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Job")))
    @APIResponse(responseCode = "404", ref = "JobNotFound")
    @APIResponse(responseCode = "409", ref = "JobConflict")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<Response> retry(@PathParam("id") String id) {
        return flow.retry(id, keys.current(null)).map(JobResource::answer);
    }

    @POST
    @Path("/retry")
    @Operation(operationId = "retryJobs", summary = "Retry all discarded jobs of a kind now")
    @Parameter(ref = "IdempotencyKey")
    @APIResponse(
            responseCode = "200",
            description = "How many are retried; jobs whose uniqueKey another job has are skipped",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "JobsRetried")))
    @APIResponse(responseCode = "409", ref = "IdempotencyKeyBusy")
    @APIResponse(responseCode = "422", ref = "IdempotencyKeyReused")
    public Uni<JobJson.Retried> retryDiscarded(@QueryParam("kind") @Nullable String kind) {
        return flow.retryDiscarded(kind, keys.current(null));
    }

    private static Response answer(JobAnswer answer) {
        return Response.status(answer.status()).entity(answer.json()).build();
    }
}
