package org.pmsevents.delivery.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.pmsevents.http.security.Tokens;

/** One bare connection, which shows frames as they come; unlike {@link FeedClient} it does nothing by itself. */
public final class LiveSocket implements AutoCloseable, WebSocket.Listener {
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final StringBuilder text = new StringBuilder();
    private final BlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
    private final CompletableFuture<Closed> closed = new CompletableFuture<>();
    private WebSocket socket;

    /** How a connection ended; code 0 if it was cut off. */
    public record Closed(int code, String reason) {}

    public static LiveSocket open(URI http, String query, String... roles) {
        return openWith(http, query, Tokens.of("listener", roles));
    }

    public static LiveSocket openWith(URI http, String query, String token) {
        var opened = new LiveSocket();
        opened.socket = HTTP.newWebSocketBuilder()
                .header("Authorization", "Bearer " + token)
                .buildAsync(URI.create("ws" + http.toString().substring(4) + query), opened)
                .join();
        return opened;
    }

    /** Sends JSON that may be written with single quotes. */
    public LiveSocket send(String json) {
        socket.sendText(json.replace('\'', '"'), true).join();
        return this;
    }

    /** Sends text as it is. */
    public void sendText(String frame) {
        socket.sendText(frame, true).join();
    }

    /** The same, unless the other side has closed the connection meanwhile. */
    public boolean trySend(String frame) {
        try {
            sendText(frame);
            return true;
        } catch (CompletionException closed) {
            return false;
        }
    }

    /** The next frame, or null if the connection is closed first. */
    public JsonNode nextOrClosed() throws InterruptedException {
        for (int i = 0; i < 2_000; i++) {
            var frame = frames.poll(10, TimeUnit.MILLISECONDS);
            if (frame != null || closed.isDone()) {
                return frame;
            }
        }
        throw new AssertionError("neither a frame nor the end");
    }

    void sendBinary() {
        socket.sendBinary(ByteBuffer.wrap(new byte[] {1}), true).join();
    }

    public LiveSocket subscribe(String id, String topic) {
        return send("{'op':'subscribe','id':'" + id + "','topics':['" + topic + "']}");
    }

    /** The next frame, whatever it is. */
    public JsonNode next() throws InterruptedException {
        var frame = frames.poll(20, TimeUnit.SECONDS);
        assertThat(frame).as("a frame, but the end was %s", closed.getNow(null)).isNotNull();
        return frame;
    }

    /** The next frame but position frames, which may come at any time. */
    public JsonNode nextNews() throws InterruptedException {
        var frame = next();
        while (frame.path("op").asText().equals("position")) {
            frame = next();
        }
        return frame;
    }

    /** Skips frames until one of this kind comes. */
    public JsonNode next(String op) throws InterruptedException {
        var frame = next();
        while (!frame.path("op").asText().equals(op)) {
            frame = next();
        }
        return frame;
    }

    String errorCode() throws InterruptedException {
        return next("error").path("code").asText();
    }

    public boolean isClosed() {
        return closed.isDone();
    }

    public Closed closed() throws Exception {
        return closed.get(20, TimeUnit.SECONDS);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
        text.append(part);
        if (last) {
            try {
                frames.add(JSON.readTree(text.toString()));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException(e);
            }
            text.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(new Closed(code, reason));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        closed.complete(new Closed(0, failure + ", caused by " + failure.getCause()));
    }

    @Override
    public void close() {
        socket.abort();
    }
}
