package org.pmsevents.apikey;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.problem.AppException;

/** Validates requests for keys; reports all violations at once. */
public final class ApiKeyRules {
    /** What a name is, for messages. */
    public static final String NAME_RULE =
            "1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first";

    private static final int NAME_LENGTH = 64;
    private static final int ROLE_LENGTH = 16;
    private static final int MOST_LOCATIONS = 100;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    private ApiKeyRules() {}

    public static boolean isName(String name) {
        return name.length() <= NAME_LENGTH && NAME.matcher(name).matches();
    }

    /** @throws AppException 400 with all violations */
    static NewKey key(ParsedBody body, Instant now) {
        var fields = body.fields().only("name", "roles", "locations", "expiresAt");
        var name = fields.requiredText(
                "name", NAME_LENGTH, given -> NAME.matcher(given).matches(), "pattern", "Must be " + NAME_RULE + ".");
        var key = new NewKey(name, roles(fields), locations(fields), expiry(fields, now));
        body.violations().throwIfAny();
        return key;
    }

    /**
     * Nobody gives what he doesn't have.
     *
     * @param creatorRoles including those that they include
     * @throws AppException 403 {@code forbidden}, or {@code location-not-allowed}
     */
    static void requireNoMoreThan(Collection<String> creatorRoles, AllowedLocations creator, NewKey wanted) {
        if (!creatorRoles.containsAll(Roles.including(wanted.roles()))) {
            throw AppException.forbidden(
                            "forbidden",
                            "A key has no roles that its creator has not: " + String.join(", ", inOrder(creatorRoles))
                                    + ".")
                    .with("roles", inOrder(creatorRoles));
        }
        creator.requireNoLessBounded(new AllowedLocations(wanted.locations()));
    }

    private static List<String> inOrder(Collection<String> roles) {
        return Roles.all().stream().filter(Set.copyOf(roles)::contains).toList();
    }

    private static List<String> roles(Fields fields) {
        if (!fields.has("roles")) {
            fields.violation("roles", "required", "Must be given.");
            return List.of();
        }
        int before = fields.violations().list().size();
        var roles = fields.distinctTexts("roles", Roles.all().size(), ROLE_LENGTH);
        if (!Roles.all().containsAll(roles)) {
            fields.violation("roles", "unknown", "Roles are " + String.join(", ", Roles.all()) + ".");
        } else if (roles.isEmpty() && fields.violations().list().size() == before) {
            fields.violation("roles", "too-few", "Must have at least one role.");
        }
        return roles;
    }

    private static @Nullable List<String> locations(Fields fields) {
        if (!fields.has("locations") || fields.tree().path("locations").isNull()) {
            return null;
        }
        int before = fields.violations().list().size();
        var locations = fields.distinctTexts("locations", MOST_LOCATIONS, PathName.MAX_LENGTH);
        locations.stream()
                .map(PathName::fault)
                .filter(fault -> fault != null)
                .forEach(fault -> fields.violation("locations", "pattern", fault));
        if (locations.isEmpty() && fields.violations().list().size() == before) {
            fields.violation("locations", "too-few", "Must name a location; leave it out for all.");
        }
        return locations;
    }

    private static @Nullable Instant expiry(Fields fields, Instant now) {
        var expiry = fields.optionalInstant("expiresAt");
        if (expiry != null && !expiry.isAfter(now)) {
            fields.violation("expiresAt", "out-of-range", "Must be in the future.");
        }
        return expiry;
    }
}
