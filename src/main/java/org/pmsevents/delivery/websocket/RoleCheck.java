package org.pmsevents.delivery.websocket;

import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.websockets.next.HttpUpgradeCheck;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.problem.AppException;

/** Refuses an upgrade without a role with a problem that names the roles. The framework's own check would send an empty 403. */
@ApplicationScoped
@Priority(Integer.MAX_VALUE)
class RoleCheck implements HttpUpgradeCheck {
    @Override
    public boolean appliesTo(String endpointId) {
        return endpointId.equals(LiveEndpoint.class.getName());
    }

    @Override
    public Uni<CheckResult> perform(HttpUpgradeContext context) {
        return context.securityIdentity().chain(RoleCheck::judge);
    }

    private static Uni<CheckResult> judge(SecurityIdentity caller) {
        if (caller.isAnonymous() || caller.hasRole(Roles.VIEWER)) {
            return CheckResult.permitUpgrade();
        }
        return Uni.createFrom()
                .failure(AppException.forbidden(
                                "forbidden",
                                "Needs one of the roles " + String.join(", ", Roles.all())
                                        + ". The token has none: roles are read from its claims groups and app_metadata.roles.")
                        .with("roles", Roles.all()));
    }
}
