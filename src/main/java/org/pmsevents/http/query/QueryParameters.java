package org.pmsevents.http.query;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.container.ResourceInfo;
import jakarta.ws.rs.core.UriInfo;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.pmsevents.platform.problem.Violations;

/**
 * Refuses query parameters that a call does not have, before its conditions and its body are looked at. An overlooked one does harm: a
 * misspelt filter lists everything, a misspelt {@code atomic} changes a part. What a call has is what its method takes as
 * {@link QueryParam}. Webhooks are left out: their address may have parameters that are for what is in front of the service.
 */
@Singleton
public class QueryParameters {
    private static final String API = "/api/";
    private static final int BEFORE_CONDITIONS = Priorities.USER - 1;

    private final Map<Method, Set<String>> known = new ConcurrentHashMap<>();

    @ServerRequestFilter(priority = BEFORE_CONDITIONS)
    public void refuseUnknown(RoutingContext routing, UriInfo uri, ResourceInfo call) {
        if (routing.request().query() != null && routing.normalizedPath().startsWith(API)) {
            var given = uri.getQueryParameters();
            var violations = new Violations();
            refuseUnknown(
                    given.keySet(), known.computeIfAbsent(call.getResourceMethod(), QueryParameters::of), violations);
            if (violations.isEmpty() && !isRead(routing.request().method())) {
                refuseEmpty(given, violations);
            }
            violations.throwIfAny();
        }
    }

    private static boolean isRead(HttpMethod method) {
        return method == HttpMethod.GET || method == HttpMethod.HEAD;
    }

    /** A read takes an empty filter for none; a change would do something else than was meant. */
    private static void refuseEmpty(Map<String, List<String>> given, Violations violations) {
        given.forEach((name, values) -> {
            if (values.stream().anyMatch(String::isEmpty)) {
                violations.add("?" + name, "format", name + " must have a value.");
            }
        });
    }

    /** Adds a violation {@code unknown-parameter}, with the known names, for each name that is not known. */
    public static void refuseUnknown(Collection<String> names, Collection<String> known, Violations violations) {
        for (var name : names) {
            if (!known.contains(name)) {
                violations.add("?" + name, "unknown-parameter", detail(known));
            }
        }
    }

    private static String detail(Collection<String> known) {
        return known.isEmpty()
                ? "Unknown query parameter. This call has none; the fields of a change belong in the body."
                : "Unknown query parameter. Known are: " + String.join(", ", known) + ".";
    }

    private static Set<String> of(Method method) {
        return Arrays.stream(method.getParameters())
                .map(parameter -> parameter.getAnnotation(QueryParam.class))
                .filter(Objects::nonNull)
                .map(QueryParam::value)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
