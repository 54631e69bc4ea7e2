package org.pmsevents.delivery.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.pmsevents.Client;

/** A receiver of webhooks on this machine, which answers as a test wants it to. */
public final class Receiver implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private volatile BiConsumer<Call, HttpServerRequest> answer =
            (call, request) -> request.response().end();

    /** A request as it came. */
    public record Call(Map<String, List<String>> headers, String body) {
        public String header(String name) {
            return headers.getOrDefault(name.toLowerCase(java.util.Locale.ROOT), List.of(""))
                    .get(0);
        }

        public JsonNode json() {
            return Client.json(body);
        }
    }

    public Receiver() {
        this(0);
    }

    /** On a port that was a receiver's before. */
    public Receiver(int port) {
        try {
            server = vertx.createHttpServer()
                    .requestHandler(request -> request.body().onSuccess(body -> take(request, body)))
                    .listen(port, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void take(HttpServerRequest request, Buffer body) {
        var headers = new HashMap<String, List<String>>();
        request.headers()
                .forEach((name, value) -> headers.computeIfAbsent(
                                name.toLowerCase(java.util.Locale.ROOT), first -> new ArrayList<>())
                        .add(value));
        var call = new Call(headers, body.toString());
        calls.add(call);
        answer.accept(call, request);
    }

    public Receiver answers(BiConsumer<Call, HttpServerRequest> how) {
        answer = how;
        return this;
    }

    public Receiver answers(int status) {
        return answers(
                (call, request) -> request.response().setStatusCode(status).end());
    }

    public int port() {
        return server.actualPort();
    }

    public String url() {
        return "http://127.0.0.1:" + port() + "/hook";
    }

    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The first arrival of each event, in their order, of all requests. */
    public List<JsonNode> arrivals() {
        var first = new LinkedHashMap<String, JsonNode>();
        for (var call : calls) {
            var body = call.json();
            for (var event : body.isArray() ? body : List.of(body)) {
                first.putIfAbsent(event.at("/metadata/id").textValue(), event);
            }
        }
        return List.copyOf(first.values());
    }

    @Override
    public void close() {
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
