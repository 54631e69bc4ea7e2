package org.pmsevents.delivery.sse;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pmsevents.http.security.Tokens;

/** Reads server-sent events as a browser would (WHATWG HTML, section 9.2), block by block, but forgets nothing. */
public final class EventStream implements AutoCloseable {
    final HttpResponse<InputStream> response;
    public final List<Block> blocks = new CopyOnWriteArrayList<>();
    volatile boolean ended;

    /** What stood between two empty lines; empty where there was no such line. */
    public record Block(String id, String event, String data, String comment) {
        boolean isHeartbeat() {
            return event.isEmpty() && data.isEmpty() && !id.isEmpty();
        }

        public long position() {
            return Long.parseLong(id.substring(id.indexOf(':') + 1));
        }
    }

    private EventStream(HttpResponse<InputStream> response) {
        this.response = response;
        var reader = new Thread(this::read, "event-stream");
        reader.setDaemon(true);
        reader.start();
    }

    /** @param lastEventId empty for none */
    public static EventStream open(URI server, String query, String lastEventId) {
        return openWith(server, query, lastEventId, Tokens.of("vera", "viewer"));
    }

    /** The same with a token or API key. */
    public static EventStream openWith(URI server, String query, String lastEventId, String token) {
        var request = HttpRequest.newBuilder(server.resolve("/api/events/stream" + query))
                .header("Authorization", "Bearer " + token)
                .header("Accept", "text/event-stream");
        if (!lastEventId.isEmpty()) {
            request.header("Last-Event-ID", lastEventId);
        }
        try {
            return new EventStream(
                    HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public boolean hasEnded() {
        return ended;
    }

    public List<Block> events() {
        return blocks.stream().filter(block -> !block.data().isEmpty()).toList();
    }

    private void read() {
        try (var lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            var fields = new String[] {"", "", "", ""};
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    blocks.add(new Block(fields[0], fields[1], fields[2], fields[3]));
                    fields = new String[] {"", "", "", ""};
                } else {
                    int colon = line.indexOf(':');
                    var value = line.substring(colon + 1).strip();
                    switch (line.substring(0, colon)) {
                        case "id" -> fields[0] = value;
                        case "event" -> fields[1] = value;
                        case "data" -> fields[2] += value;
                        default -> fields[3] = value;
                    }
                }
            }
        } catch (IOException e) {
            // closed by the test, or by the server
        }
        ended = true;
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
