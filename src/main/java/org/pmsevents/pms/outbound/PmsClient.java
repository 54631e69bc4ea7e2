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

/** The HTTP client of the PMS. A product is sent as the bytes of its JSON text, so that no number is converted. */
@Path("/products")
@RegisterRestClient(configKey = "pms")
public interface PmsClient {

    /**
     * Sends a product. Every status of the PMS is returned as a response, not as a failure.
     *
     * @param sku percent-encoded
     * @param authorization null to omit the header
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
