package org.pmsevents.http.security;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.pmsevents.event.EventType;

/** The roles of a caller, what each includes, and which events each may hear: the one place that knows. */
public final class Roles {
    /** Reads, and subscribes to {@code product.*} and {@code inventory.*}; every other role includes it. */
    public static final String VIEWER = "viewer";
    /** Also writes products. */
    public static final String EDITOR = "editor";
    /** Also writes inventory. */
    public static final String STOCK = "stock";
    /** Also jobs, cache and metrics, and the topics about them. */
    public static final String OPERATOR = "operator";
    /** All of it. */
    public static final String ADMIN = "admin";

    private static final List<String> IN_ORDER = List.of(VIEWER, EDITOR, STOCK, OPERATOR, ADMIN);
    private static final Set<String> ALL = Set.copyOf(IN_ORDER);
    private static final Set<String> VIEWER_HEARS = Set.of("product", "inventory");
    private static final Set<String> OPERATOR_HEARS = Set.of("queue", "cache", "error", "metrics");

    private Roles() {}

    /** The roles among the given words with all that they include; other words are ignored. */
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

    /** Every role that there is, the least first. */
    public static List<String> all() {
        return IN_ORDER;
    }

    /** Whether a caller with these roles may hear what admins are alerted of. */
    public static boolean mayHearAlerts(Set<String> roles) {
        return roles.contains(ADMIN) || roles.contains(OPERATOR);
    }

    /** Whether a caller with these roles may hear events of this type. */
    public static boolean mayHear(Set<String> roles, EventType type) {
        return roles.contains(ADMIN)
                || (roles.contains(VIEWER) && VIEWER_HEARS.contains(type.family()))
                || (roles.contains(OPERATOR) && OPERATOR_HEARS.contains(type.family()));
    }
}
