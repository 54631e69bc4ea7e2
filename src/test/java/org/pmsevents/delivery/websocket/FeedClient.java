package org.pmsevents.delivery.websocket;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The reference client of the WebSocket feed: hands over every event once and in position order, however often the connection is
 * lost, because it resumes after the last position that it has seen. Everything happens on one thread of its own.
 */
public final class FeedClient implements AutoCloseable {
    /** After these the same again would end the same: the client has sent what the server can't read, or too much at once. */
    private static final Set<Integer> FINAL_CODES = Set.of(4400, 1009);
    /** These may be gone when it tries again; every other error of a subscription stays. */
    private static final Set<String> PASSING_ERRORS = Set.of("unavailable");

    private static final int TOO_MANY_MESSAGES = 4429;
    private static final int UNAUTHORIZED = 401;
    /** A handshake that was answered so would be answered so again: a wrong request, a role that is missing, a wrong path. */
    private static final Set<Integer> FINAL_STATUSES = Set.of(400, 403, 404);
    /** So many tokens in a row, even different ones, may be refused. */
    private static final int MOST_REFUSED_TOKENS = 3;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private final ScheduledExecutorService thread = thread();
    private final List<URI> addresses;
    private Supplier<String> token = () -> "";
    private List<String> topics = List.of("*");
    private List<String> subjects = List.of();
    private Duration heartbeat = Duration.ofSeconds(15);
    private Duration shortestPause = Duration.ofMillis(100);
    private Duration longestPause = Duration.ofSeconds(5);
    private Consumer<JsonNode> events = event -> {};
    private Consumer<JsonNode> reset = frame -> {};
    private Consumer<GivenUp> giveUp = why -> {};

    private Connection connection;
    private int attempts;
    private int failures;
    private volatile Long position;
    private String epoch;
    private volatile int subscriptions;
    private volatile boolean closed;
    private volatile GivenUp givenUp;
    private RefusedToken refusedToken;

    /**
     * Why the client has given up.
     *
     * @param code of the problem or of the error message, such as {@code unauthenticated} or {@code topic-not-allowed}; else the number
     *     of the close code or of the status
     * @param detail the same for people
     */
    public record GivenUp(String code, String detail) {}

    /** @param times how many tokens have been refused one after the other */
    private record RefusedToken(String token, GivenUp why, int times) {}

    private FeedClient(List<URI> addresses) {
        this.addresses = addresses;
    }

    /** @param addresses such as {@code ws://host:8080/ws?batch=true}; whenever a connection is lost the next one is tried */
    public static FeedClient of(List<URI> addresses) {
        return new FeedClient(List.copyOf(addresses));
    }

    /** Asked before each connection, so that an expired token is replaced; the client gives up if a refused one is given again. */
    public FeedClient token(Supplier<String> token) {
        this.token = token;
        return this;
    }

    public FeedClient topics(String... topics) {
        this.topics = List.of(topics);
        return this;
    }

    /** Only events about these. */
    public FeedClient subjects(String... subjects) {
        this.subjects = List.of(subjects);
        return this;
    }

    /** The last position that the caller has; without one the client begins with what happens from now on. */
    public FeedClient after(long position) {
        this.position = position;
        return this;
    }

    /** What the server is set to; a connection that is silent for more than two of them counts as dead. */
    public FeedClient heartbeat(Duration heartbeat) {
        this.heartbeat = heartbeat;
        return this;
    }

    /** The pause before the first new attempt, doubled for each further one up to the longest, and spread by chance. */
    public FeedClient pauses(Duration shortest, Duration longest) {
        this.shortestPause = shortest;
        this.longestPause = longest;
        return this;
    }

    /** Told {@code {"op":"reset","oldest":…,"head":…}} where events are missing: the present state is to be read anew. */
    public FeedClient onReset(Consumer<JsonNode> reset) {
        this.reset = reset;
        return this;
    }

    /** Told why, when the client gives up because another attempt would only fail in the same way. */
    public FeedClient onGiveUp(Consumer<GivenUp> giveUp) {
        this.giveUp = giveUp;
        return this;
    }

    /** @param events called with one event after the other; one that it throws on is brought again */
    public FeedClient start(Consumer<JsonNode> events) {
        this.events = events;
        thread.execute(this::connect);
        return this;
    }

    /** Everything up to here that matches has been handed over; null until the first subscription holds. */
    public Long position() {
        return position;
    }

    /** How often it has subscribed, so one more than it has had to reconnect. */
    public int subscriptions() {
        return subscriptions;
    }

    /** The code of why the client has given up; null while it has not. */
    public String whyGivenUp() {
        var why = givenUp;
        return why == null ? null : why.code();
    }

    /** Loses the connection as a broken network would, without a close frame; the client then resumes by itself. */
    public void drop() {
        thread.execute(() -> {
            if (connection != null) {
                connection.lost(false);
            }
        });
    }

    /** Ends the connection with 1000; no event is handed over after that but one that is under way. */
    @Override
    public void close() {
        closed = true;
        thread.execute(() -> stop(null));
    }

    private void connect() {
        if (closed) {
            return;
        }
        var next = new Connection();
        connection = next;
        var address = addresses.get(attempts++ % addresses.size());
        try {
            var offered = token.get();
            if (refusedToken != null && refusedToken.token().equals(offered)) {
                stop(refusedToken.why());
                return;
            }
            var unused = HTTP.newWebSocketBuilder()
                    .header("Authorization", "Bearer " + offered)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .buildAsync(address, next)
                    .exceptionally(failure -> next.refused(failure, offered));
        } catch (RuntimeException noToken) {
            next.lost(false);
        }
        later(heartbeat.toMillis(), next::checkSilence);
    }

    private void stop(GivenUp why) {
        if (closed && why != null) {
            return;
        }
        closed = true;
        givenUp = why;
        var last = connection;
        connection = null;
        if (last != null && last.socket != null) {
            var unused = last.socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
            last.socket.request(Long.MAX_VALUE);
        }
        later(CONNECT_TIMEOUT.toMillis(), () -> {
            if (last != null && last.socket != null) {
                last.socket.abort();
            }
            thread.shutdown();
        });
        if (why != null) {
            giveUp.accept(why);
        }
    }

    private void later(long millis, Runnable work) {
        var unused = thread.schedule(work, millis, TimeUnit.MILLISECONDS);
    }

    /** One connection; what still arrives from one that has been given up is ignored. */
    private final class Connection implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();
        private WebSocket socket;
        private long heard = System.nanoTime();

        @Override
        public void onOpen(WebSocket opened) {
            onThread(opened, () -> {
                socket = opened;
                refusedToken = null;
                var subscribe = JSON.createObjectNode().put("op", "subscribe").put("id", "feed");
                topics.forEach(subscribe.putArray("topics")::add);
                subjects.forEach(subscribe.putArray("subjects")::add);
                if (position != null) {
                    subscribe.put("after", position).put("epoch", epoch);
                }
                var unused = opened.sendText(subscribe.toString(), true);
            });
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                var frame = text.toString();
                text.setLength(0);
                onThread(from, () -> read(frame));
            } else {
                from.request(1);
            }
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            onThread(from, () -> {
                if (FINAL_CODES.contains(code)) {
                    stop(new GivenUp(Integer.toString(code), reason));
                } else {
                    lost(code == TOO_MANY_MESSAGES);
                }
            });
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            onThread(from, () -> lost(false));
        }

        /** The next message is asked for only when this one has been dealt with, so a slow reader slows the server. */
        private void onThread(WebSocket from, Runnable work) {
            thread.execute(() -> {
                if (connection != this) {
                    if (!from.isOutputClosed()) {
                        from.abort();
                    }
                    return;
                }
                try {
                    work.run();
                    heard = System.nanoTime();
                    from.request(1);
                } catch (RuntimeException again) {
                    lost(false);
                }
            });
        }

        private void checkSilence() {
            if (connection == this && System.nanoTime() - heard > 2 * heartbeat.toNanos()) {
                lost(false);
            } else if (connection == this) {
                later(heartbeat.toMillis(), this::checkSilence);
            }
        }

        private WebSocket refused(Throwable failure, String token) {
            var cause = failure instanceof CompletionException ? failure.getCause() : failure;
            thread.execute(() -> {
                if (cause instanceof WebSocketHandshakeException handshake) {
                    refused(handshake.getResponse(), token);
                } else {
                    lost(false);
                }
            });
            return null;
        }

        private void refused(HttpResponse<?> answer, String token) {
            if (FINAL_STATUSES.contains(answer.statusCode())) {
                stop(why(answer));
            } else if (answer.statusCode() == UNAUTHORIZED) {
                refusedToken =
                        new RefusedToken(token, why(answer), refusedToken == null ? 1 : refusedToken.times() + 1);
                if (refusedToken.times() == MOST_REFUSED_TOKENS) {
                    stop(refusedToken.why());
                } else {
                    lost(false);
                }
            } else {
                lost(false);
            }
        }

        /** What the problem document says, if the answer has one. */
        private GivenUp why(HttpResponse<?> answer) {
            try {
                var problem = JSON.readTree(String.valueOf(answer.body()));
                if (problem.path("code").isTextual()) {
                    return new GivenUp(
                            problem.path("code").asText(),
                            problem.path("detail").asText());
                }
            } catch (JsonProcessingException e) {
                // it was not the service that answered
            }
            return new GivenUp(
                    Integer.toString(answer.statusCode()), "The handshake was answered with " + answer.statusCode());
        }

        private void lost(boolean slowly) {
            if (connection != this) {
                return;
            }
            connection = null;
            if (socket != null) {
                socket.abort();
            }
            long longest = longestPause.toMillis();
            long pause = slowly ? longest : Math.min(longest, shortestPause.toMillis() << Math.min(failures++, 20));
            later(ThreadLocalRandom.current().nextLong(pause / 2, pause + 1), FeedClient.this::connect);
        }

        private void read(String frame) {
            JsonNode message;
            try {
                message = JSON.readTree(frame);
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
            if (message.isArray()) {
                message.forEach(this::take);
            } else {
                take(message);
            }
        }

        private void take(JsonNode message) {
            if (closed) {
                return;
            }
            switch (message.path("op").asText()) {
                case "" -> event(message);
                case "subscribed" -> {
                    position = message.path("position").longValue();
                    epoch = message.path("epoch").asText();
                    subscriptions++;
                }
                case "position" ->
                    seen(Math.max(position, message.path("position").longValue()));
                case "reset" -> reset.accept(message);
                case "error" ->
                    failed(message.path("code").asText(), message.path("detail").asText());
                default -> {}
            }
        }

        private void event(JsonNode event) {
            var at = event.path("metadata").path("position");
            if (at.isMissingNode()) {
                events.accept(event);
            } else if (at.longValue() > position) {
                events.accept(event);
                seen(at.longValue());
            }
        }

        private void seen(long upTo) {
            position = upTo;
            failures = 0;
        }

        private void failed(String code, String detail) {
            if (PASSING_ERRORS.contains(code)) {
                lost(false);
            } else {
                stop(new GivenUp(code, detail));
            }
        }
    }

    private static ScheduledExecutorService thread() {
        var executor = new ScheduledThreadPoolExecutor(1, work -> {
            var worker = new Thread(work, "feed-client");
            worker.setDaemon(true);
            return worker;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRejectedExecutionHandler((work, ended) -> {});
        return executor;
    }
}
