package org.pmsevents.error;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;

/** Writes a problem as the answer to a request, for whatever lies outside of REST: routing, authentication, upgrades. */
@Singleton
public class ProblemWriter {
    private final ErrorFlow flow;
    private final ObjectMapper json;

    public ProblemWriter(ErrorFlow flow, ObjectMapper json) {
        this.flow = flow;
        this.json = json;
    }

    /** Ends the request with a problem, unless an answer is already on its way. */
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
        response.setStatusCode(known.status()).putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
        known.headers().forEach(response::putHeader);
        if (routing.request().method() == HttpMethod.HEAD) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()));
            response.end();
        } else {
            response.end(body);
        }
    }

    byte[] bytes(Problem problem) {
        try {
            return json.writeValueAsBytes(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem can always be written", e);
        }
    }
}
