package org.pmsevents.http.problem;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Uni;
import io.vertx.core.VertxException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** Fails in every way that a resource can; part of the tests only. */
@Path("/api/test-edge")
@Produces(MediaType.APPLICATION_JSON)
public class EdgeResource {
    private final CurrentRequest request;

    public EdgeResource(CurrentRequest request) {
        this.request = request;
    }

    record Bound(int number) {}

    @GET
    @Path("origin")
    public Uni<RequestContext> request() {
        return Uni.createFrom().item(request.current());
    }

    @GET
    @Path("editors")
    @RolesAllowed(Roles.EDITOR)
    public Uni<String> editors() {
        return Uni.createFrom().item("{}");
    }

    @POST
    @Path("strict")
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<JsonNode> strict(@QueryParam("query") @Nullable String query, byte[] body) {
        return Uni.createFrom().item(() -> {
            var parsed = StrictJson.read(body);
            var fields = parsed.fields().only("sku", "count");
            fields.requiredText("sku", 64);
            fields.requiredInteger("count", 0, 9);
            parsed.violations().throwIfAny();
            return parsed.tree();
        });
    }

    @POST
    @Path("size")
    @Consumes(MediaType.APPLICATION_JSON)
    public Uni<String> size(byte[] body) {
        return Uni.createFrom()
                .item(() -> "{\"size\":" + body.length + ",\"thread\":\""
                        + Thread.currentThread().getName() + "\"}");
    }

    @POST
    @Path("bound")
    public Uni<Integer> bound(Bound body) {
        return Uni.createFrom().item(body.number());
    }

    @PUT
    @Path("patchable/{id}")
    public Uni<String> put(@PathParam("id") String id) {
        return Uni.createFrom().item("{\"id\":\"" + id + "\"}");
    }

    @PATCH
    @Path("patchable/{id}")
    @Consumes("application/merge-patch+json")
    public Uni<String> patch(@PathParam("id") String id, byte[] body) {
        return Uni.createFrom().item("{\"id\":\"" + id + "\"}");
    }

    @GET
    @Path("limit")
    public Uni<Integer> limit(@QueryParam("limit") int limit) {
        return Uni.createFrom().item(limit);
    }

    /** Of the driver, for what was not sent yet on a connection that has ended. */
    private static final String PENDING = "Pending requests failed to be sent due to connection has been closed.";

    @GET
    @Path("fail/{how}")
    public Uni<String> fail(@PathParam("how") String how) {
        return switch (how) {
            case "not-found" -> failed(AppException.notFound("product-not-found", "There is no product 85123A."));
            case "conflict" ->
                failed(AppException.conflict("insufficient-stock", "Only 3 are left.")
                        .with("onHand", 3));
            case "version" -> failed(AppException.versionMismatch(7));
            case "gone" ->
                failed(AppException.gone("position-expired", "It is no longer kept.")
                        .with("oldest", 41L));
            case "outcome" -> failed(AppException.outcomeUnknown());
            case "member" ->
                failed(AppException.conflict("a", "b").with("results", java.util.List.of(Map.of("index", 0))));
            case "pg-shutdown" -> failed(new PgException("terminating", "FATAL", "57P01", null));
            case "pg-disk-full" -> failed(new PgException("no space left", "ERROR", "53100", null));
            case "pg-memory" -> failed(new PgException("out of memory", "ERROR", "53200", null));
            case "pg-io" -> failed(new PgException("could not read block", "ERROR", "58030", null));
            case "pg-defect" -> failed(new PgException("syntax error near secret", "ERROR", "42601", null));
            case "closed" -> failed(ClosedConnectionException.INSTANCE);
            case "closed-before" -> failed(new NoStackTraceThrowable(PENDING));
            case "lost-before" -> failed(new VertxException(PENDING, new SocketException("Broken pipe")));
            case "inactive" ->
                failed(new NoStackTraceThrowable("Connection is not active now, current status: CLOSED"));
            case "connect" -> failed(new ConnectException("Connection refused: 10.0.0.7:5432"));
            case "timeout" -> failed(new TimeoutException());
            case "thrown" -> throw new IllegalStateException("a secret of the service");
            default -> failed(new IllegalStateException("a secret of the service"));
        };
    }

    private static Uni<String> failed(Throwable failure) {
        return Uni.createFrom().failure(failure);
    }
}
