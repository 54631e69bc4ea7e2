package org.pmsevents.http.precondition;

import io.quarkus.arc.All;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import jakarta.ws.rs.container.ContainerResponseContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.UriInfo;
import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Optional;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.jboss.resteasy.reactive.server.ServerResponseFilter;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.precondition.Preconditions.Use;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.problem.AppException;

/**
 * Evaluates the conditions of every call, before its body is looked at: calls of resources with entity tags do that themselves, all
 * others are judged here. A header that can't be read is refused in any case. A condition says nothing about a call that fails without it
 * (RFC 9110, section 13.2.1): a change of what does not exist is 404, and a read fails as it would.
 */
@Singleton
public class ConditionFilters {
    private static final String MARK = ConditionFilters.class.getName();
    private static final String FAILED = MARK + ".failed";
    private static final int MARK_FIRST = Priorities.USER;
    private static final int THEN_EVALUATE = Priorities.USER + 1;

    private final List<NamedResources> resources;

    ConditionFilters(@All List<NamedResources> resources) {
        this.resources = resources;
    }

    private enum Mark {
        EVALUATED_BY_CALL,
        CREATE
    }

    @EvaluatesConditions
    @ServerRequestFilter(priority = MARK_FIRST)
    public void markEvaluated(RoutingContext routing) {
        routing.put(MARK, Mark.EVALUATED_BY_CALL);
    }

    @CreatesResource
    @ServerRequestFilter(priority = MARK_FIRST)
    public void markCreate(RoutingContext routing) {
        routing.put(MARK, Mark.CREATE);
    }

    /** Null, if the conditions hold or the answer to the read decides, spares the request a way through a subscription. */
    @ServerRequestFilter(priority = THEN_EVALUATE)
    public @Nullable Uni<Void> evaluate(RoutingContext routing, UriInfo uri) {
        var headers = routing.request().headers();
        var conditions = Preconditions.of(headers.getAll("If-Match"), headers.getAll("If-None-Match"));
        @Nullable Mark mark = routing.get(MARK);
        var failure = mark == Mark.EVALUATED_BY_CALL
                ? Optional.<AppException>empty()
                : conditions.failureWithoutTag(use(mark, routing.request().method()));
        return failure.isEmpty() ? null : refuse(failure.get(), routing, uri);
    }

    private static Use use(@Nullable Mark mark, HttpMethod method) {
        return mark == Mark.CREATE ? Use.CREATE : isRead(method) ? Use.READ : Use.CHANGE;
    }

    private @Nullable Uni<Void> refuse(AppException failure, RoutingContext routing, UriInfo uri) {
        var method = routing.request().method();
        var path = routing.normalizedPath();
        var named =
                resources.stream().filter(each -> path.startsWith(each.path())).findFirst();
        if (isRead(method) && (named.isPresent() || !uri.getPathParameters().isEmpty())) {
            routing.put(FAILED, failure);
            return null;
        }
        var name = name(method, uri);
        if (named.isEmpty() || name.isEmpty()) {
            throw failure;
        }
        return named.get()
                .find(NormalText.of(name.get()), CurrentRequest.of(routing))
                .map(found -> {
                    throw failure;
                });
    }

    /** The name of what is changed, if that is not a collection: the first parameter of the path; or the end of a path that is put. */
    private static Optional<String> name(HttpMethod method, UriInfo uri) {
        var parameters = uri.getPathParameters();
        if (!parameters.isEmpty()) {
            return Optional.of(parameters.values().iterator().next().get(0));
        }
        var segments = uri.getPathSegments();
        return method == HttpMethod.PUT
                ? Optional.of(segments.get(segments.size() - 1).getPath())
                : Optional.empty();
    }

    /** A read below a name is harmless, so it is executed, and refused if it succeeds. */
    @ServerResponseFilter
    public void refuseRead(RoutingContext routing, ContainerResponseContext response) {
        @Nullable AppException failure = routing.get(FAILED);
        if (failure != null && response.getStatus() < 300) {
            // the writer chosen for the answer would write the problem that takes its place
            response.setEntity("", new Annotation[0], MediaType.TEXT_PLAIN_TYPE);
            throw failure;
        }
    }

    private static boolean isRead(HttpMethod method) {
        return method == HttpMethod.GET || method == HttpMethod.HEAD;
    }
}
