package org.pmsevents.http.security;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pmsevents.event.EventType;

/** Defines the roles of callers, which roles each includes, and which events each may receive. */
public final class Roles {
    /** Reads, and subscribes to {@code product.*} and {@code inventory.*}; every other role includes it. */
    public static final String VIEWER = "viewer";
    /** Also writes products. */
    public static final String EDITOR = "editor";
    /** Also writes inventory. */
    public static final String STOCK = "stock";
    /** Also reads and controls jobs and cache, reads metrics, and subscribes to the topics about them. */
    public static final String OPERATOR = "operator";
    /** Includes every other role, and every topic. */
    public static final String ADMIN = "admin";

    private static final List<String> IN_ORDER = List.of(VIEWER, EDITOR, STOCK, OPERATOR, ADMIN);
    private static final Set<String> ALL = Set.copyOf(IN_ORDER);
    private static final Set<String> VIEWER_FAMILIES = Set.of("product", "inventory");
    private static final Set<String> OPERATOR_FAMILIES = Set.of("queue", "cache", "error", "metrics");

    private Roles() {}

    /** The known roles among the given words, with all roles that they include; other words are ignored. */
    public static Set<String> including(Collection<String> words) {
        var roles = new HashSet<>(words);
        roles.retainAll(ALL);
        if (roles.contains(ADMIN)) {
            return ALL;
        }
        if (!roles.isEmpty()) {
            roles.add(VIEWER);
        }
        return Set.copyOf(roles);
    }

    /** All roles, the least privileged first. */
    public static List<String> all() {
        return IN_ORDER;
    }

    /** Whether a caller with these roles may receive alerts. */
    public static boolean mayHearAlerts(Set<String> roles) {
        return roles.contains(ADMIN) || roles.contains(OPERATOR);
    }

    /** Whether a caller with these roles may receive events of this type. */
    public static boolean mayHear(Set<String> roles, EventType type) {
        return roles.contains(ADMIN)
                || (roles.contains(VIEWER) && VIEWER_FAMILIES.contains(type.family()))
                || (roles.contains(OPERATOR) && OPERATOR_FAMILIES.contains(type.family()));
    }
}
