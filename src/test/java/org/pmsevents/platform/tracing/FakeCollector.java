package org.pmsevents.platform.tracing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A collector of traces as OTLP over HTTP has it, on a socket of its own. */
public final class FakeCollector implements AutoCloseable {
    private static final String NONE = "";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Received> spans = new CopyOnWriteArrayList<>();
    private final List<String> keys = new CopyOnWriteArrayList<>();

    /**
     * A span as it came.
     *
     * @param replica the {@code service.instance.id} of whoever has recorded it
     * @param parent empty if it has none
     */
    public record Received(
            String service,
            String replica,
            String trace,
            String id,
            String parent,
            String name,
            String kind,
            boolean failed,
            Map<String, String> attributes) {}

    private FakeCollector(HttpServer server) {
        this.server = server;
    }

    public static FakeCollector open() throws IOException {
        var collector =
                new FakeCollector(HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0));
        collector.server.createContext("/v1/traces", collector::receive);
        collector.server.setExecutor(collector.threads);
        collector.server.start();
        return collector;
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    public List<Received> spans(String trace) {
        return spans.stream().filter(span -> span.trace().equals(trace)).toList();
    }

    public List<Received> spans() {
        return List.copyOf(spans);
    }

    /** What was sent as the header {@code api-key}. */
    public List<String> keys() {
        return List.copyOf(keys);
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            var request = ExportTraceServiceRequest.parseFrom(exchange.getRequestBody());
            keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("api-key")));
            request.getResourceSpansList().forEach(resource -> {
                var of = attributes(resource.getResource().getAttributesList().stream());
                resource.getScopeSpansList()
                        .forEach(scope -> scope.getSpansList()
                                .forEach(span -> spans.add(new Received(
                                        of.getOrDefault("service.name", NONE),
                                        of.getOrDefault("service.instance.id", NONE),
                                        hex(span.getTraceId().toByteArray()),
                                        hex(span.getSpanId().toByteArray()),
                                        hex(span.getParentSpanId().toByteArray()),
                                        span.getName(),
                                        span.getKind().name(),
                                        span.getStatus().getCodeValue() == 2,
                                        attributes(span.getAttributesList().stream())))));
            });
            exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private static Map<String, String> attributes(Stream<KeyValue> attributes) {
        return attributes.collect(Collectors.toMap(
                KeyValue::getKey,
                each -> each.getValue().hasIntValue()
                        ? Long.toString(each.getValue().getIntValue())
                        : each.getValue().getStringValue(),
                (first, second) -> second,
                LinkedHashMap::new));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
