package org.pmsevents.http.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.quarkus.security.AuthenticationException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.security.UnauthorizedException;
import io.vertx.core.VertxException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.ext.web.RoutingContext;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.ClosedConnectionException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import java.io.IOException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.issuer.KeysUnavailableException;
import org.pmsevents.http.limits.OverLimitException;
import org.pmsevents.http.security.OriginNotAllowedException;
import org.pmsevents.http.security.Roles;
import org.pmsevents.http.security.TokenRefusal;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.problem.AppException;

/** Maps every failure to an answer: the one list of statuses and codes. */
public final class Failures {
    private static final Map<Integer, String[]> BY_STATUS = Map.ofEntries(
            status(400, "bad-request", "The request can't be understood."),
            status(401, "unauthenticated", "A valid bearer token is required."),
            status(403, "forbidden", "The token does not carry a role that allows this."),
            status(404, "not-found", "There is nothing at this path."),
            status(405, "method-not-allowed", "This path does not support the method."),
            status(406, "not-acceptable", "This path can't answer with any media type in Accept."),
            status(408, "request-timeout", "The request took too long to arrive."),
            status(412, "precondition-failed", "A precondition of the request does not hold."),
            status(413, "content-too-large", "The body is larger than the limit of this service."),
            status(414, "uri-too-long", "The URI is longer than the limit of this service."),
            status(415, "unsupported-media-type", "This path does not accept the Content-Type."),
            status(429, "too-many-requests", "Too many requests."),
            status(431, "headers-too-large", "The headers are larger than the limit of this service."),
            status(500, "internal-error", "The service failed. The log has the cause under the trace id."),
            status(503, "unavailable", "The service is unavailable at the moment."),
            status(504, "timeout", "The service did not receive an answer in time."));

    /** Deadlock, serialization failure, lock timeout, statement timeout, idle-in-transaction timeout. */
    private static final Set<String> BUSY = Set.of("40P01", "40001", "55P03", "57014", "25P03");

    /**
     * SQL states by their beginnings: connection exceptions; no disk space, memory or connections left; shutting down or starting up;
     * failed input or output; read-only. Those who operate the database must act, after which the service works again by itself.
     */
    private static final List<String> UNAVAILABLE = List.of("08", "53", "57P0", "58", "25006");

    private Failures() {}

    private static Map.Entry<Integer, String[]> status(int status, String code, String detail) {
        return Map.entry(status, new String[] {code, detail});
    }

    public static AppException of(Throwable thrown) {
        var failure = unwrapped(thrown);
        if (failure instanceof AppException known) {
            return known;
        }
        if (failure instanceof OverLimitException over) {
            return over.status() == 429
                    ? AppException.tooMany("too-many-requests", over.detail(), over.retryAfterSeconds())
                    : AppException.unavailable("too-busy", over.detail(), over.retryAfterSeconds());
        }
        if (failure instanceof AuthenticationException || failure instanceof UnauthorizedException) {
            return ofStatus(401).header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        if (failure instanceof OriginNotAllowedException) {
            return AppException.forbidden("origin-not-allowed", "Pages from this origin may not connect.");
        }
        if (failure instanceof ForbiddenException) {
            return ofStatus(403);
        }
        if (failure instanceof WebApplicationException web) {
            return of(web);
        }
        if (failure instanceof HttpClosedException) {
            // the client has disconnected: nobody reads this
            return ofStatus(408);
        }
        if (failure instanceof JsonProcessingException) {
            return AppException.malformedJson("The body does not have the JSON structure required here.");
        }
        if (failure instanceof KeysUnavailableException) {
            return AppException.unavailable("keys-unavailable", "Tokens can't be verified at the moment.", 1)
                    .because(failure);
        }
        if (failure instanceof OutcomeUnknownException) {
            return AppException.outcomeUnknown().because(failure);
        }
        if (isDatabaseUnavailable(failure)) {
            return AppException.databaseUnavailable().because(failure);
        }
        if (failure instanceof ConflictException
                || (failure instanceof PgException refusal && BUSY.contains(String.valueOf(refusal.getSqlState())))) {
            return AppException.unavailable(
                            "database-busy", "Concurrent requests are changing the same data. Nothing was changed.", 1)
                    .because(failure);
        }
        if (failure instanceof TimeoutException
                || failure instanceof io.smallrye.mutiny.TimeoutException
                || failure instanceof RejectedExecutionException) {
            return AppException.unavailable("timeout", "The service is too busy to answer in time.", 1)
                    .because(failure);
        }
        return ofStatus(500).because(failure);
    }

    /** An answer by status only, as for failures inside the HTTP server. */
    static AppException ofStatus(int status) {
        var known = BY_STATUS.get(status);
        if (known == null) {
            known = BY_STATUS.getOrDefault(status < 500 ? 400 : 500, new String[] {"error", "The request failed."});
        }
        var failure = AppException.of(status, known[0], known[1]);
        return switch (status) {
            case 429, 503 -> failure.header(HttpHeaders.RETRY_AFTER, "1");
            default -> failure;
        };
    }

    /** 401 that says what is wrong with the token of this request. */
    static AppException unauthenticated(RoutingContext routing) {
        var refusal = TokenRefusal.of(routing);
        return AppException.of(401, "unauthenticated", refusal.detail())
                .with("reasons", refusal.reasons())
                .header(HttpHeaders.WWW_AUTHENTICATE, refusal.challenge());
    }

    /**
     * 403 that names the roles that would do.
     *
     * @param needed any of these; empty if they are not known here
     * @param has the roles of the caller
     */
    static AppException forbidden(List<String> needed, Set<String> has) {
        if (has.isEmpty()) {
            return needsOneOf(
                    needed.isEmpty() ? Roles.all() : needed,
                    " The token has none: roles are read from its claims groups and app_metadata.roles.");
        }
        return needed.isEmpty() ? ofStatus(403) : needsOneOf(needed, "");
    }

    private static AppException needsOneOf(List<String> roles, String addition) {
        var names = String.join(", ", roles);
        var needs = roles.size() == 1 ? "Needs the role " + names : "Needs one of the roles " + names;
        return AppException.forbidden("forbidden", needs + "." + addition).with("roles", roles);
    }

    private static AppException of(WebApplicationException web) {
        var response = web.getResponse();
        if (response.getStatus() == 400 && web.getCause() instanceof JsonProcessingException) {
            return AppException.malformedJson("The body does not have the JSON structure required here.");
        }
        var failure = ofStatus(response.getStatus());
        if (response.getStatus() >= 500) {
            failure = failure.because(web);
        }
        for (var name : response.getStringHeaders().keySet()) {
            if (name.equalsIgnoreCase(HttpHeaders.ALLOW)
                    || name.equalsIgnoreCase(HttpHeaders.RETRY_AFTER)
                    || name.equalsIgnoreCase(HttpHeaders.WWW_AUTHENTICATE)
                    || name.equalsIgnoreCase("Accept-Patch")) {
                failure = failure.header(name, response.getHeaderString(name));
            }
        }
        return failure;
    }

    private static Throwable unwrapped(Throwable thrown) {
        var failure = thrown;
        while ((failure instanceof CompletionException || failure instanceof ExecutionException)
                && failure.getCause() != null) {
            failure = failure.getCause();
        }
        return failure;
    }

    /** Whether the PostgreSQL client reports that it has no working connection. */
    private static boolean isDatabaseUnavailable(Throwable failure) {
        if (failure instanceof PgException refusal) {
            var state = refusal.getSqlState();
            return state != null && UNAVAILABLE.stream().anyMatch(state::startsWith);
        }
        return failure instanceof ClosedConnectionException
                || failure instanceof ConnectionPoolTooBusyException
                || failure instanceof SocketException
                || failure instanceof UnknownHostException
                || failure instanceof SSLException
                || isConnectionLost(failure)
                || ((failure instanceof VertxException || failure instanceof NoStackTraceThrowable)
                        && isOneOf(failure, "timeout", "pool", "connection", "ssl handshake"));
    }

    /** Whether the failure is that of a connection that the other side has closed, without an answer. */
    static boolean isConnectionLost(@Nullable Throwable failure) {
        return failure instanceof HttpClosedException
                || failure instanceof ClosedChannelException
                || (failure instanceof IOException && isOneOf(failure, "connection reset", "broken pipe"));
    }

    private static boolean isOneOf(Throwable failure, String... words) {
        var message = failure.getMessage();
        return message != null && Arrays.stream(words).anyMatch(message.toLowerCase(Locale.ROOT)::contains);
    }
}
