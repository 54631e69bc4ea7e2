package org.pmsevents.http.issuer;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What an identity provider says of itself (OpenID Connect Discovery 1.0, section 3).
 *
 * @param keys where its public keys are
 * @param authorization where people sign in; null if nobody does
 * @param token where a code is exchanged; null if none is
 * @param endSession where people sign out; null if it offers that to nobody
 */
record ProviderMetadata(
        String keys,
        @Nullable String authorization,
        @Nullable String token,
        @Nullable String endSession) {

    /** @throws IllegalArgumentException with what is wrong, if this is not what the issuer has to say */
    static ProviderMetadata read(Buffer body, String issuer) {
        JsonObject said;
        try {
            said = new JsonObject(body);
        } catch (DecodeException | IllegalStateException e) {
            throw new IllegalArgumentException("not a JSON object", e);
        }
        var name = text(said, "issuer");
        // section 4.3: another issuer could be impersonated otherwise
        if (!issuer.equals(name)) {
            throw new IllegalArgumentException("its issuer is " + name
                    + ", not PMS_EVENTS_OIDC_ISSUER: the two must be the same, to the last slash");
        }
        var keys = address(said, "jwks_uri");
        if (keys == null) {
            throw new IllegalArgumentException("it has no jwks_uri");
        }
        return new ProviderMetadata(
                keys,
                address(said, "authorization_endpoint"),
                address(said, "token_endpoint"),
                address(said, "end_session_endpoint"));
    }

    private static @Nullable String address(JsonObject said, String member) {
        var url = text(said, member);
        if (url != null && !IssuerUrl.isSafe(url)) {
            throw new IllegalArgumentException(member + " is not an https address");
        }
        return url;
    }

    private static @Nullable String text(JsonObject said, String member) {
        return said.getValue(member) instanceof String text ? text : null;
    }
}
