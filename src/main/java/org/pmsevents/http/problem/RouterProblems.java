package org.pmsevents.http.problem;

import io.quarkus.security.ForbiddenException;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.http.security.OriginNotAllowedException;
import org.pmsevents.platform.problem.AppException;

/**
 * Answers failures that never reach a REST resource with problem documents: unknown paths, refused tokens and upgrades, bodies over
 * the limit, undecodable paths. Runs before the framework's handlers, which answer with HTML or nothing.
 */
@Singleton
class RouterProblems {
    private static final int[] WITHOUT_A_ROUTE = {400, 404, 405, 406, 413, 415, 500};

    private static final List<String> API = List.of("/api/", "/webhooks/", "/ws/");

    private final ProblemWriter writer;

    RouterProblems(ProblemWriter writer) {
        this.writer = writer;
    }

    void answerFailures(@Observes Router router) {
        router.route().order(FilterOrder.FIRST_ROUTE).handler(this::checkUri).failureHandler(this::failed);
        router.route().order(FilterOrder.NOT_FOUND).handler(routing -> writer.write(Failures.ofStatus(404), routing));
        for (int status : WITHOUT_A_ROUTE) {
            var failure = Failures.ofStatus(status);
            router.errorHandler(status, routing -> writer.write(failure, routing));
        }
    }

    void answerOptions(@Observes Filters filters) {
        filters.register(this::options, FilterOrder.OPTIONS);
    }

    /** The framework would describe a path by the first of its classes, and one that does not exist as if it did. */
    private void options(RoutingContext routing) {
        if (routing.request().method() != HttpMethod.OPTIONS
                || API.stream().noneMatch(routing.normalizedPath()::startsWith)) {
            routing.next();
            return;
        }
        var methods = AllowedMethods.of(routing);
        if (AllowedMethods.isEmpty(methods)) {
            writer.write(Failures.ofStatus(404), routing);
            return;
        }
        var response = routing.response().setStatusCode(204).putHeader(HttpHeaders.ALLOW, methods);
        if (methods.contains(HttpMethod.PATCH.name())) {
            response.putHeader("Accept-Patch", ProblemMappers.MERGE_PATCH);
        }
        response.end();
    }

    private void checkUri(RoutingContext routing) {
        if (!UriValidation.isValid(routing.request())) {
            writer.write(Failures.ofStatus(400), routing);
        } else if (hasPathParameters(routing) || hasEmptySegment(routing)) {
            writer.write(Failures.ofStatus(404), routing);
        } else {
            routing.next();
        }
    }

    /** The framework would drop path parameters, so a request for {@code a;b} would read or change {@code a}. */
    private static boolean hasPathParameters(RoutingContext routing) {
        var path = routing.request().path();
        return path != null && path.indexOf(';') >= 0;
    }

    /** The framework would skip empty segments, so {@code /api/products/a/} would be a second path of the product a. */
    private static boolean hasEmptySegment(RoutingContext routing) {
        var path = routing.request().path();
        return path != null
                && API.stream().anyMatch(routing.normalizedPath()::startsWith)
                && (path.contains("//") || routing.normalizedPath().endsWith("/"));
    }

    private void failed(RoutingContext routing) {
        writer.write(failure(routing), routing);
    }

    private static Throwable failure(RoutingContext routing) {
        var failure = routing.failure();
        int status = routing.statusCode();
        if (failure == null || (status >= 400 && status < 500)) {
            return status == 401 ? Failures.unauthenticated(routing) : Failures.ofStatus(status < 400 ? 500 : status);
        }
        var known = Failures.of(failure);
        if (known.status() == 401 && !(failure instanceof AppException)) {
            return Failures.unauthenticated(routing);
        }
        if (failure instanceof ForbiddenException && !(failure instanceof OriginNotAllowedException)) {
            return CallAccess.refusal(routing);
        }
        // before authentication only the request itself can be at fault: its path or its sub-protocol header
        return failure instanceof IllegalArgumentException && routing.user() == null ? Failures.ofStatus(400) : known;
    }
}
