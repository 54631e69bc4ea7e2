package org.pmsevents.http.security;

import io.quarkus.smallrye.openapi.OpenApiFilter;
import java.util.List;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.OASFactory;
import org.eclipse.microprofile.openapi.OASFilter;
import org.eclipse.microprofile.openapi.models.OpenAPI;
import org.eclipse.microprofile.openapi.models.Operation;
import org.eclipse.microprofile.openapi.models.security.SecurityRequirement;

/**
 * Says in the API description which roles may make a call, with those that include the required one: in words, and as {@code x-roles}. A
 * bearer token has no scopes, so that a security requirement must not list roles.
 */
@OpenApiFilter(OpenApiFilter.RunStage.BUILD)
public class DescribedRoles implements OASFilter {
    /** The name of the security scheme that application.properties gives. */
    private static final String SCHEME = "token";

    @Override
    public void filterOpenAPI(OpenAPI description) {
        for (var path : description.getPaths().getPathItems().values()) {
            path.getOperations().values().forEach(DescribedRoles::describe);
        }
    }

    private static void describe(Operation operation) {
        List<SecurityRequirement> requirements = operation.getSecurity();
        if (requirements == null || requirements.isEmpty()) {
            return;
        }
        var required = requirements.stream()
                .flatMap(requirement -> requirement.getSchemes().values().stream())
                .flatMap(List::stream)
                .collect(Collectors.toSet());
        var roles = Roles.all().stream()
                .filter(role -> Roles.including(List.of(role)).stream().anyMatch(required::contains))
                .toList();
        var words = roles.stream().map(role -> "`" + role + "`").collect(Collectors.joining(", ", "Roles: ", "."));
        var given = operation.getDescription();
        operation.setDescription(given == null ? words : given + "\n\n" + words);
        operation.addExtension("x-roles", roles);
        operation.setSecurity(List.of(OASFactory.createSecurityRequirement().addScheme(SCHEME)));
    }
}
