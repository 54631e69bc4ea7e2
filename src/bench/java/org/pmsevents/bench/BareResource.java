package org.pmsevents.bench;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** What an endpoint costs that does nothing: in the package of {@code -Pbench} only, for {@code CacheBench} to compare with. */
@Path("")
@Produces(MediaType.APPLICATION_JSON)
public class BareResource {
    /** As long as the product that the bench reads. */
    private static final String ANSWER =
            "{\"sku\":\"B1\",\"name\":\"Bench\",\"description\":null,\"price\":{\"amount\":1,\"currency\":\"EUR\"},\"tags\":[],\"attributes\":{},"
                    + "\"status\":\"draft\",\"version\":1,\"createdAt\":\"2026-11-24T04:05:06.123456Z\",\"updatedAt\":\"2026-11-24T04:05:06.123456Z\","
                    + "\"publishedAt\":null}";

    /** Without a token. */
    @GET
    @Path("/bare/{sku}")
    public Uni<Response> bare(@PathParam("sku") String sku) {
        return answer();
    }

    /** With one that is verified. */
    @GET
    @Path("/api/bare/{sku}")
    public Uni<Response> authenticated(@PathParam("sku") String sku) {
        return answer();
    }

    private static Uni<Response> answer() {
        return Uni.createFrom()
                .item(() -> Response.ok(ANSWER).header("ETag", "\"1\"").build());
    }
}
