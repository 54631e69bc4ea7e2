package org.pmsevents.http.issuer;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.pmsevents.http.FilterOrder;

/**
 * Tells the dashboard how people sign in, before they have: {@code GET /dashboard/sign-in.json} answers 204 if they don't by an identity
 * provider, and 503 while that is not there. Nothing of it is secret.
 */
@Singleton
class SignInRoute {
    private static final String PATH = "/dashboard/sign-in.json";

    private final IdentityProvider provider;

    SignInRoute(IdentityProvider provider) {
        this.provider = provider;
    }

    void register(@Observes Router router) {
        router.get(PATH).order(FilterOrder.SIGN_IN).handler(this::answer);
    }

    private void answer(RoutingContext routing) {
        var response = routing.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (provider.clientId().isEmpty()) {
            response.setStatusCode(204).end();
            return;
        }
        provider.metadata().subscribe().with(metadata -> answer(routing, metadata), routing::fail);
    }

    private void answer(RoutingContext routing, ProviderMetadata metadata) {
        var response = routing.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (metadata.authorization() == null || metadata.token() == null) {
            response.setStatusCode(204).end();
            return;
        }
        var said = new JsonObject()
                .put("issuer", provider.issuer().orElseThrow())
                .put("clientId", provider.clientId().orElseThrow())
                .put("authorizationEndpoint", metadata.authorization())
                .put("tokenEndpoint", metadata.token())
                .put("endSessionEndpoint", metadata.endSession());
        response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json").end(said.toBuffer());
    }
}
