package org.pmsevents.error;

import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/**
 * Refuses bodies over {@code quarkus.http.limits.max-body-size} with a problem; the framework's own check, which comes later, would
 * answer with an empty body. What is refused for its stated length is never read into memory.
 */
@Singleton
class BodyLimit {
    private static final int BEFORE_THE_FRAMEWORKS_OWN = 10;

    private final long limit;
    private final BodyHandler reader;

    BodyLimit(VertxHttpConfig http) {
        this.limit = http.limits().maxBodySize().orElseThrow().asLongValue();
        this.reader = BodyHandler.create(false).setBodyLimit(limit);
    }

    void checkAfterAuthentication(@Observes Filters filters) {
        filters.register(this::check, BEFORE_THE_FRAMEWORKS_OWN);
    }

    private void check(RoutingContext routing) {
        var request = routing.request();
        var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && isTooLong(length)) {
            routing.fail(413);
        } else if (length == null && mayHaveBody(request)) {
            // of unknown length: read here, where the limit can be kept
            request.resume();
            reader.handle(routing);
        } else {
            routing.next();
        }
    }

    private boolean isTooLong(String length) {
        try {
            return Long.parseLong(length) > limit;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private static boolean mayHaveBody(HttpServerRequest request) {
        return !request.isEnded()
                && request.method() != HttpMethod.GET
                && request.method() != HttpMethod.HEAD
                && !request.headers().contains(HttpHeaders.UPGRADE);
    }
}
