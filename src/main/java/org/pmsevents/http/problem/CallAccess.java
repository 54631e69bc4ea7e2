package org.pmsevents.http.problem;

import io.quarkus.security.ForbiddenException;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.security.spi.runtime.MethodDescription;
import io.quarkus.security.spi.runtime.SecurityCheck;
import io.quarkus.security.spi.runtime.SecurityCheckStorage;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jboss.resteasy.reactive.server.SimpleResourceInfo;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.problem.AppException;

/** Names the roles that a call needs: those that the very check which refused it would let pass. */
@Singleton
class CallAccess {
    private final SecurityCheckStorage checks;

    CallAccess(SecurityCheckStorage checks) {
        this.checks = checks;
    }

    /** 403 for a call of REST. */
    AppException refusal(SimpleResourceInfo call, RoutingContext routing) {
        var method = new MethodDescription(
                call.getResourceClass().getName(),
                call.getMethodName(),
                Arrays.stream(call.parameterTypes()).map(Class::getName).toArray(String[]::new));
        var check = checks.getSecurityCheck(method);
        return Failures.forbidden(
                check == null
                        ? List.of()
                        : Roles.all().stream()
                                .filter(role -> passes(role, check, method))
                                .toList(),
                roles(routing));
    }

    /** 403 for an upgrade to a WebSocket, or for what else is no call of REST. */
    static AppException refusal(RoutingContext routing) {
        return Failures.forbidden(List.of(), roles(routing));
    }

    private static boolean passes(String role, SecurityCheck check, MethodDescription method) {
        var identity = QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(role))
                .addRoles(Roles.including(List.of(role)))
                .build();
        try {
            check.apply(identity, method, new Object[0]);
            return true;
        } catch (ForbiddenException e) {
            return false;
        }
    }

    private static Set<String> roles(RoutingContext routing) {
        return routing.user() instanceof QuarkusHttpUser user
                ? user.getSecurityIdentity().getRoles()
                : Set.of();
    }
}
