package org.pmsevents.http.answer;

import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;
import org.pmsevents.http.limits.Disconnect;

/**
 * Sends a {@link StreamedAnswer}: the next bytes are asked for when the socket has taken the ones before them. Whatever fails in between
 * closes the connection without the end of the body, so that no client takes a part for the whole. So does a reader that takes nothing for
 * {@link #STALL}: a connection to PostgreSQL that is silent for longer would be closed.
 */
@Provider
public final class StreamedAnswerWriter implements ServerMessageBodyWriter<StreamedAnswer> {
    private static final Logger LOG = Logger.getLogger(StreamedAnswerWriter.class);
    private static final Duration STALL = Duration.ofSeconds(15);

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return StreamedAnswer.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return StreamedAnswer.class.isAssignableFrom(type);
    }

    @Override
    public void writeTo(
            StreamedAnswer answer,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream body) {
        throw new UnsupportedOperationException("a streamed answer is not written by blocking");
    }

    @Override
    public void writeResponse(StreamedAnswer answer, Type genericType, ServerRequestContext context) {
        var request = (ResteasyReactiveRequestContext) context;
        var response = context.serverResponse();
        request.suspend();
        response.setChunked(true);
        sendAll(answer, context)
                .subscribe()
                .with(
                        sent -> {
                            answer.close();
                            response.end();
                            request.resume();
                        },
                        failure -> {
                            LOG.warnf("%s was cut off: %s", answer, failure.toString());
                            answer.close();
                            Disconnect.now(request.unwrap(RoutingContext.class).request());
                        });
    }

    private static Uni<Void> sendAll(StreamedAnswer answer, ServerRequestContext context) {
        return Uni.createFrom()
                .deferred(answer::next)
                .chain(bytes -> bytes.length == 0
                        ? Uni.createFrom().item(false)
                        : Uni.createFrom()
                                .completionStage(() -> context.serverResponse().write(bytes))
                                .ifNoItem()
                                .after(STALL)
                                .fail()
                                .replaceWith(true))
                .repeat()
                .whilst(more -> more)
                .collect()
                .last()
                .replaceWithVoid();
    }
}
