package org.pmsevents.http.problem;

import io.vertx.ext.web.RoutingContext;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.security.CurrentRequest;

/**
 * The parts of a failed request that may be announced and logged: never headers, query or body.
 *
 * @param path as sent, at most 200 characters
 */
record FailedRequest(String method, String path, RequestContext context) {
    private static final int MAX_PATH_LENGTH = 200;

    static FailedRequest of(RoutingContext routing) {
        var path = routing.request().path();
        return new FailedRequest(
                routing.request().method().name(), path == null ? "" : printable(path), CurrentRequest.of(routing));
    }

    private static String printable(String path) {
        var start = path.length() > MAX_PATH_LENGTH ? path.substring(0, MAX_PATH_LENGTH) : path;
        return start.replaceAll("[^\\x21-\\x7E]", "?");
    }
}
