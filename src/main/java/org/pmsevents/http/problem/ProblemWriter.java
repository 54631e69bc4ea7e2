package org.pmsevents.http.problem;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.util.Set;

/** Writes a problem as the answer to a request outside of REST: routing, authentication, upgrades. */
@Singleton
public class ProblemWriter {
    private static final long LINGER_MILLIS = 2_000;

    /** The body was too large or arrived too slowly. */
    private static final Set<Integer> REFUSED_BODIES = Set.of(408, 413);

    private final ErrorFlow flow;
    private final ObjectMapper json;

    public ProblemWriter(ErrorFlow flow, ObjectMapper json) {
        this.flow = flow;
        this.json = json;
    }

    /** Ends the request with a problem, unless an answer has begun already. */
    public void write(Throwable failure, RoutingContext routing) {
        var response = routing.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (response.headWritten()) {
            routing.request().connection().close();
            return;
        }
        var known = Failures.of(failure);
        var body = Buffer.buffer(bytes(flow.answer(known, routing)));
        boolean bodyRefused =
                REFUSED_BODIES.contains(known.status()) && routing.request().version() != HttpVersion.HTTP_2;
        response.setStatusCode(known.status()).putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
        known.headers().forEach(response::putHeader);
        if (bodyRefused) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        if (routing.request().method() == HttpMethod.HEAD) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
            response.end();
        } else {
            response.end(body);
        }
        if (bodyRefused) {
            closeWithoutReset(routing);
        } else if (!routing.request().isEnded()) {
            routing.request().resume();
        }
    }

    /**
     * After a refused body the connection can't be reused. Incoming bytes are discarded for a while before it is closed. Closing
     * with unread bytes would reset the connection, and the client could lose the answer.
     */
    private static void closeWithoutReset(RoutingContext routing) {
        var request = routing.request();
        var connection = request.connection();
        if (request.isEnded()) {
            connection.close();
            return;
        }
        long timer = routing.vertx().setTimer(LINGER_MILLIS, late -> connection.close());
        request.handler(ignored -> {})
                .exceptionHandler(broken -> {})
                .endHandler(end -> {
                    routing.vertx().cancelTimer(timer);
                    connection.close();
                })
                .resume();
    }

    byte[] bytes(Problem problem) {
        try {
            return json.writeValueAsBytes(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem must be writable", e);
        }
    }
}
