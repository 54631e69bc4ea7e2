package org.pmsevents.pms.outbound;

import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.Encoded;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.rest.client.inject.RegisterRestClient;
import org.jspecify.annotations.Nullable;

/** The PMS as it is called. A product goes out as the bytes of its JSON text, so that no number is bent on its way. */
@Path("/products")
@RegisterRestClient(configKey = "pms")
public interface PmsClient {

    /**
     * Gives the PMS a product; whatever it answers is an answer, not a failure.
     *
     * @param sku percent-encoded
     * @param authorization null: left out
     */
    @PUT
    @Path("/{sku}")
    @Consumes(MediaType.APPLICATION_JSON)
    Uni<Response> put(
            @PathParam("sku") @Encoded String sku,
            @HeaderParam("Authorization") @Nullable String authorization,
            @HeaderParam("Idempotency-Key") String idempotencyKey,
            @HeaderParam("traceparent") String traceparent,
            byte[] product);
}
