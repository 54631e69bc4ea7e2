package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.Client;

/** Somebody who follows the day over server-sent events, keeps everything, and comes back with the last id whenever a stream ends. */
final class StreamListener implements AutoCloseable {
    private static final long PAUSE_MILLIS = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final URI stream;
    private final String token;
    private final List<JsonNode> told = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger cut = new AtomicInteger();
    private final Thread thread = new Thread(this::follow, "stream listener");
    private volatile String lastId;
    private volatile boolean listens;
    private volatile boolean closed;
    private String id = "";
    private String data = "";

    StreamListener(URI service, String token, long after) {
        this.stream = service.resolve("/api/events/stream");
        this.token = token;
        this.lastId = Long.toString(after);
        thread.setDaemon(true);
        thread.start();
    }

    private void follow() {
        while (!closed) {
            var request = HttpRequest.newBuilder(stream)
                    .header("Authorization", "Bearer " + token)
                    .header("Last-Event-ID", lastId)
                    .timeout(PATIENCE)
                    .build();
            boolean streams = false;
            try {
                var answer = http.send(request, BodyHandlers.ofLines());
                if (answer.statusCode() == 200) {
                    listens = true;
                    streams = true;
                    answer.body().forEach(this::take);
                    ended.incrementAndGet();
                }
            } catch (IOException | UncheckedIOException e) {
                if (streams) {
                    cut.incrementAndGet();
                }
            } catch (InterruptedException e) {
                return;
            }
            id = "";
            data = "";
            pause();
        }
    }

    private void take(String line) {
        if (line.startsWith("id:")) {
            id = line.substring(3).strip();
        } else if (line.startsWith("data:")) {
            data += line.substring(5).strip();
        } else if (line.isEmpty()) {
            if (!data.isEmpty()) {
                told.add(Client.json(data));
            }
            lastId = id.isEmpty() ? lastId : id;
            data = "";
        }
    }

    private static void pause() {
        CompletableFuture.runAsync(() -> {}, CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS))
                .join();
    }

    boolean isSubscribed() {
        return listens;
    }

    boolean isPast(long position) {
        // EPOCH:POSITION, or a bare position to begin with
        return Long.parseLong(lastId.substring(lastId.indexOf(':') + 1)) >= position;
    }

    /** How many streams the service has ended as it should, with their last line. */
    int ended() {
        return ended.get();
    }

    /** How many streams were cut off. */
    int cut() {
        return cut.get();
    }

    /** What it was told, in that order. */
    List<JsonNode> told() {
        synchronized (told) {
            return List.copyOf(told);
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }
}
