package org.pmsevents.dev;

import io.quarkus.arc.profile.IfBuildProfile;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.config.Config;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.problem.AppException;

/**
 * Issues tokens in dev mode, as plain text: {@code GET /dev/token?roles=viewer,stock&actor=till-1}. A header of the dashboard's page
 * names this address, so that the dashboard can fetch a token here. In production the page has no such header.
 */
@ApplicationScoped
@IfBuildProfile("dev")
public class DevToken {
    private static final String PATH = "/dev/token";
    private static final Duration VALID = Duration.ofDays(7);
    private static final int MAX_ACTOR_LENGTH = 255;

    private final Config config;
    private final Clock clock;

    DevToken(Config config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    void open(@Observes Router router) {
        router.get("/").order(-1).handler(this::tellOfIt);
        router.get(PATH).handler(this::give);
    }

    /** A script can read {@code Server-Timing} of the page that it is part of, but no other header. */
    private void tellOfIt(RoutingContext page) {
        page.response().putHeader("Server-Timing", "dev-token;desc=\"" + PATH + "\"");
        page.next();
    }

    private void give(RoutingContext call) {
        if (!isFromThisMachine(call.request())) {
            throw AppException.forbidden("forbidden", "Tokens of dev mode are issued to this machine only.");
        }
        var token = token(actor(call), roles(call));
        call.response()
                .putHeader("Content-Type", "text/plain")
                .putHeader("Cache-Control", "no-store")
                .end(token + "\n")
                .onFailure(gone -> call.response().reset());
    }

    private static boolean isFromThisMachine(HttpServerRequest request) {
        // the address of the connection itself, not one that a proxy forwards
        var address = request.connection().remoteAddress().hostAddress();
        return address != null && new InetSocketAddress(address, 0).getAddress().isLoopbackAddress();
    }

    private static String actor(RoutingContext call) {
        var actor = call.request().getParam("actor", "dev");
        if (actor.isBlank()
                || actor.length() > MAX_ACTOR_LENGTH
                || actor.chars().anyMatch(Character::isISOControl)) {
            throw AppException.validationFailed(
                    "?actor", "pattern", "The actor has 1 to " + MAX_ACTOR_LENGTH + " characters.");
        }
        return actor;
    }

    private static Set<String> roles(RoutingContext call) {
        var roles = new TreeSet<>(Arrays.asList(
                call.request().getParam("roles", Roles.ADMIN).strip().split("\\s*,\\s*")));
        if (!Roles.all().containsAll(roles)) {
            throw AppException.validationFailed(
                    "?roles",
                    "unknown-value",
                    "The roles are " + String.join(", ", Roles.all()) + "; several are separated by commas.");
        }
        return roles;
    }

    private String token(String actor, Set<String> roles) {
        var now = clock.instant();
        return SignedToken.of(
                actor, roles, now, now.plus(VALID), config.getValue("pms-events.jwt.secret", String.class));
    }
}
