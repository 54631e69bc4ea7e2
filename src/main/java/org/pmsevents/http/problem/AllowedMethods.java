package org.pmsevents.http.problem;

import io.quarkus.resteasy.reactive.server.runtime.ResteasyReactiveRecorder;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.TreeSet;
import org.jboss.resteasy.reactive.server.handlers.ClassRoutingHandler;
import org.jboss.resteasy.reactive.server.mapping.RequestMapper;

/**
 * Finds the methods of a path, for the {@code Allow} header that a 405 must carry (RFC 9110, section 15.5.6) and the framework
 * omits, and for that of OPTIONS, where the framework looks at one class only and adds HEAD to all.
 */
final class AllowedMethods {
    private AllowedMethods() {}

    /** Whether the path has any method. */
    static boolean isEmpty(String methods) {
        return methods.equals(HttpMethod.OPTIONS.name());
    }

    /** The methods of the path, separated by commas: at least OPTIONS. */
    static String of(RoutingContext routing) {
        var path = routing.normalizedPath();
        var classes = new RequestMapper<>(
                ResteasyReactiveRecorder.getCurrentDeployment().getClassMappers());
        Set<String> methods = new TreeSet<>();
        for (var match = classes.map(path); match != null; match = classes.continueMatching(path, match)) {
            if (match.value.handlers.length > 0 && match.value.handlers[0] instanceof ClassRoutingHandler resource) {
                var rest = match.remaining.isEmpty() ? "/" : match.remaining;
                resource.getMappers().forEach((method, mapper) -> {
                    if (method != null && mapper.map(rest) != null) {
                        methods.add(method);
                    }
                });
            }
        }
        if (methods.contains(HttpMethod.GET.name())) {
            methods.add(HttpMethod.HEAD.name());
        }
        methods.add(HttpMethod.OPTIONS.name());
        return String.join(", ", methods);
    }
}
