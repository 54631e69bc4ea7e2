package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.Provider;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.core.ResteasyReactiveRequestContext;
import org.jboss.resteasy.reactive.server.spi.ResteasyReactiveResourceInfo;
import org.jboss.resteasy.reactive.server.spi.ServerMessageBodyWriter;
import org.jboss.resteasy.reactive.server.spi.ServerRequestContext;

/**
 * Sends refused lines: the next ones are read when the socket has taken those before them. Whatever fails in between closes the connection
 * without the end of the body, so that no client takes a part for the whole.
 */
@Provider
public final class RefusedLinesWriter implements ServerMessageBodyWriter<RefusedLines.Pieces> {
    private static final Logger LOG = Logger.getLogger(RefusedLinesWriter.class);
    private static final Duration STALL = Duration.ofSeconds(30);

    @Override
    public boolean isWriteable(
            Class<?> type, Type genericType, ResteasyReactiveResourceInfo target, MediaType mediaType) {
        return RefusedLines.Pieces.class.isAssignableFrom(type);
    }

    @Override
    public boolean isWriteable(Class<?> type, Type genericType, Annotation[] annotations, MediaType mediaType) {
        return RefusedLines.Pieces.class.isAssignableFrom(type);
    }

    @Override
    public void writeTo(
            RefusedLines.Pieces lines,
            Class<?> type,
            Type genericType,
            Annotation[] annotations,
            MediaType mediaType,
            MultivaluedMap<String, Object> headers,
            OutputStream body) {
        throw new UnsupportedOperationException("lines are not written by blocking");
    }

    @Override
    public void writeResponse(RefusedLines.Pieces lines, Type genericType, ServerRequestContext context) {
        var request = (ResteasyReactiveRequestContext) context;
        var response = context.serverResponse();
        request.suspend();
        response.setChunked(true);
        sendAll(lines, context)
                .subscribe()
                .with(
                        sent -> {
                            response.end();
                            request.resume();
                        },
                        failure -> {
                            LOG.warnf("refused lines were cut off: %s", failure.toString());
                            var unused = request.unwrap(RoutingContext.class)
                                    .request()
                                    .connection()
                                    .close();
                        });
    }

    private static Uni<Void> sendAll(RefusedLines.Pieces lines, ServerRequestContext context) {
        return Uni.createFrom()
                .deferred(() -> lines.next().get())
                .chain(text -> text.isEmpty()
                        ? Uni.createFrom().item(false)
                        : Uni.createFrom()
                                .completionStage(
                                        () -> context.serverResponse().write(text.getBytes(StandardCharsets.UTF_8)))
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
