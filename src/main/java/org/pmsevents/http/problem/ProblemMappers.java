package org.pmsevents.http.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import io.quarkus.security.AuthenticationCompletionException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jboss.resteasy.reactive.server.SimpleResourceInfo;
import org.pmsevents.platform.problem.AppException;

/**
 * Maps every failure of a REST call to a problem document. The framework has mappers for several types, most of which answer with
 * an empty body, and they take precedence over one for {@code Throwable}. So each of these types is listed here.
 */
public class ProblemMappers {
    static final String MERGE_PATCH = "application/merge-patch+json";

    private final ErrorFlow flow;
    private final ProblemWriter writer;
    private final CallAccess access;

    public ProblemMappers(ErrorFlow flow, ProblemWriter writer, CallAccess access) {
        this.flow = flow;
        this.writer = writer;
        this.access = access;
    }

    @ServerExceptionMapper
    public Response expected(AppException failure, RoutingContext routing) {
        return answer(failure, routing);
    }

    @ServerExceptionMapper
    public Response framework(WebApplicationException failure, RoutingContext routing) {
        var known = Failures.of(failure);
        return answer(
                switch (known.status()) {
                    case 404 -> wrongType(failure, routing) ? Failures.ofStatus(400) : known;
                    case 405 -> known.header(HttpHeaders.ALLOW.toString(), AllowedMethods.of(routing));
                    case 415 ->
                        routing.request().method() == HttpMethod.PATCH
                                ? known.header("Accept-Patch", MERGE_PATCH)
                                : known;
                    default -> known;
                },
                routing);
    }

    /** JAX-RS answers 404 if a query parameter can't be converted (section 3.2), which would deny that the path exists. */
    private static boolean wrongType(WebApplicationException failure, RoutingContext routing) {
        return failure.getCause() != null && routing.request().query() != null;
    }

    @ServerExceptionMapper(priority = 1)
    public Response mismatch(MismatchedInputException failure, RoutingContext routing) {
        return answer(failure, routing);
    }

    @ServerExceptionMapper(priority = 1)
    public Response json(JsonProcessingException failure, RoutingContext routing) {
        return answer(failure, routing);
    }

    @ServerExceptionMapper(priority = 1)
    public Response unauthorized(UnauthorizedException failure, RoutingContext routing) {
        return answer(Failures.unauthenticated(routing), routing);
    }

    @ServerExceptionMapper(priority = 1)
    public Response authentication(AuthenticationFailedException failure, RoutingContext routing) {
        return answer(Failures.unauthenticated(routing), routing);
    }

    @ServerExceptionMapper(priority = 1)
    public Response authenticationCompletion(AuthenticationCompletionException failure, RoutingContext routing) {
        return answer(Failures.unauthenticated(routing), routing);
    }

    @ServerExceptionMapper(priority = 1)
    public Response forbidden(ForbiddenException failure, SimpleResourceInfo call, RoutingContext routing) {
        return answer(access.refusal(call, routing), routing);
    }

    @ServerExceptionMapper
    public Response anything(Throwable failure, RoutingContext routing) {
        return answer(failure, routing);
    }

    private Response answer(Throwable failure, RoutingContext routing) {
        var known = Failures.of(failure);
        var response = Response.status(known.status())
                .header("Content-Type", Problem.MEDIA_TYPE)
                .entity(writer.bytes(flow.answer(known, routing)));
        known.headers().forEach(response::header);
        return response.build();
    }
}
