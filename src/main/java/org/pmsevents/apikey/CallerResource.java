package org.pmsevents.apikey;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.security.Caller;
import org.pmsevents.http.security.Roles;

/** Tells callers who they are: an API key does not say, unlike a token. */
@Path("/api/me")
@Tag(name = "API keys")
@APIResponse(responseCode = "400", ref = "BadRequest")
@APIResponse(responseCode = "401", ref = "Unauthenticated")
@APIResponse(responseCode = "403", ref = "Forbidden")
@APIResponse(responseCode = "503", ref = "Unavailable")
@Produces(MediaType.APPLICATION_JSON)
@RolesAllowed(Roles.VIEWER)
public class CallerResource {
    private final SecurityIdentity identity;

    CallerResource(SecurityIdentity identity) {
        this.identity = identity;
    }

    /**
     * A caller.
     *
     * @param roles including those that they include, the least privileged first
     * @param locations where the caller may change stock; null for everywhere
     * @param validUntil the last moment at which the token or key is accepted; null for a key that does not expire
     */
    @RegisterForReflection
    public record Me(
            String actor,
            List<String> roles,
            @Nullable List<String> locations,
            @Nullable Instant validUntil) {}

    @GET
    @Operation(operationId = "getCaller", summary = "Who the token or API key says you are, and what you may do")
    @APIResponse(
            responseCode = "200",
            description = "You",
            content = @Content(mediaType = MediaType.APPLICATION_JSON, schema = @Schema(ref = "Me")))
    public Uni<Me> me() {
        return Uni.createFrom().item(of(identity));
    }

    private static Me of(SecurityIdentity identity) {
        var roles = inOrder(identity.getRoles());
        return identity.getPrincipal() instanceof Caller caller
                ? new Me(caller.actor(), roles, caller.locations().names(), caller.until())
                : new Me(identity.getPrincipal().getName(), roles, null, null);
    }

    private static List<String> inOrder(Set<String> roles) {
        return Roles.all().stream().filter(roles::contains).toList();
    }
}
