package org.pmsevents.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One subscriber of a feed. All of it happens on one thread. */
final class FeedReader implements Flow.Subscription {
    /** The same again would end the same: what was sent can't be read, or is too large. */
    private static final Set<Integer> FINAL_CODES = Set.of(4400, 1009);

    private static final int TOO_MANY_MESSAGES = 4429;

    /** A handshake that was answered so would be answered so again: a wrong request, a missing role, a wrong path. */
    private static final Set<Integer> FINAL_STATUSES = Set.of(400, 403, 404);

    private static final int UNAUTHORIZED = 401;

    /** So many tokens in a row, even different ones, may be refused. */
    private static final int MOST_REFUSED_TOKENS = 3;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

    private final Feed feed;
    private final Flow.Subscriber<? super FeedMessage> subscriber;
    private final ScheduledExecutorService thread = thread();
    private final Pauses pauses;
    private final Deque<JsonNode> waiting = new ArrayDeque<>();
    private long demand;
    private Connection connection;
    private int attempts;
    private long position = -1;
    private String epoch;
    private boolean ended;
    private String refusedToken;
    private int refusedTokens;
    private FeedStoppedException refusal;

    FeedReader(Feed feed, Flow.Subscriber<? super FeedMessage> subscriber) {
        this.feed = feed;
        this.subscriber = subscriber;
        this.pauses = new Pauses(feed.shortestPause, feed.longestPause);
        if (feed.after != null) {
            position = feed.after.position();
            epoch = feed.after.epoch();
        }
    }

    void start() {
        thread.execute(() -> {
            subscriber.onSubscribe(this);
            connect();
        });
    }

    @Override
    public void request(long messages) {
        thread.execute(() -> {
            if (messages <= 0) {
                end(new IllegalArgumentException("at least one message must be requested"));
            } else {
                demand = demand + messages < 0 ? Long.MAX_VALUE : demand + messages;
                handOver();
            }
        });
    }

    @Override
    public void cancel() {
        thread.execute(() -> end(null));
    }

    private void connect() {
        if (ended) {
            return;
        }
        feed.onState.accept(FeedState.connecting());
        var next = new Connection();
        connection = next;
        waiting.clear();
        var address = socketAddress(feed.addresses.get(attempts++ % feed.addresses.size()));
        try {
            var offered = feed.token.get();
            if (offered.equals(refusedToken)) {
                end(refusal);
                return;
            }
            var unused = feed.http
                    .newWebSocketBuilder()
                    .header("Authorization", "Bearer " + offered)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .buildAsync(address, next)
                    .exceptionally(failure -> next.notOpened(failure, offered));
        } catch (RuntimeException noToken) {
            next.lost(false, "no token: " + noToken);
        }
        later(feed.heartbeat, next::checkSilence);
    }

    private static URI socketAddress(URI service) {
        var http = service.resolve("/ws?batch=true").toString();
        return URI.create("ws" + http.substring("http".length()));
    }

    /** @param why null if the subscriber has cancelled */
    private void end(Throwable why) {
        if (ended) {
            return;
        }
        ended = true;
        waiting.clear();
        var last = connection;
        connection = null;
        if (last != null && last.socket != null) {
            var unused = last.socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
            last.socket.request(Long.MAX_VALUE);
        }
        later(CONNECT_TIMEOUT, () -> {
            if (last != null && last.socket != null) {
                last.socket.abort();
            }
            thread.shutdown();
        });
        if (why != null) {
            subscriber.onError(why);
        }
    }

    private void later(Duration delay, Runnable work) {
        var unused = thread.schedule(work, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Hands over what has arrived and is wanted, and asks for the next frame when nothing waits. */
    private void handOver() {
        var from = connection;
        while (from != null && from == connection && !waiting.isEmpty() && (demand > 0 || !isWanted(waiting.peek()))) {
            var message = waiting.remove();
            try {
                take(message);
            } catch (RuntimeException again) {
                from.lost(false, "the subscriber has failed: " + again);
            }
        }
        if (from != null && from == connection && waiting.isEmpty()) {
            from.ask();
        }
    }

    /** Whether a message is for the subscriber; the others need no demand. */
    private boolean isWanted(JsonNode message) {
        var op = message.path("op").asText();
        return op.equals("reset") || (op.isEmpty() && !isKnown(message));
    }

    private boolean isKnown(JsonNode event) {
        var at = event.path("metadata").path("position");
        return !at.isMissingNode() && at.longValue() <= position;
    }

    private void take(JsonNode message) {
        switch (message.path("op").asText()) {
            case "" -> {
                if (!isKnown(message)) {
                    subscriber.onNext(new FeedMessage.Event(message));
                    demand--;
                    var at = message.path("metadata").path("position");
                    seen(at.isMissingNode() ? position : at.longValue());
                }
            }
            case "subscribed" -> {
                position = message.path("position").longValue();
                epoch = message.path("epoch").asText(epoch);
                feed.onState.accept(FeedState.following(new FeedPosition(epoch, position)));
            }
            case "position" -> seen(Math.max(position, message.path("position").longValue()));
            case "reset" -> {
                subscriber.onNext(new FeedMessage.Reset(
                        message.path("epoch").asText(),
                        message.path("oldest").longValue(),
                        message.path("head").longValue()));
                demand--;
                epoch = message.path("epoch").asText(epoch);
                position = message.path("head").longValue();
            }
            case "error" -> failed(
                    message.path("code").asText(), message.path("detail").asText());
            default -> {
                // of a later version of the service
            }
        }
    }

    private void seen(long upTo) {
        position = upTo;
        pauses.reset();
    }

    private void failed(String code, String detail) {
        if (code.equals("unavailable")) {
            connection.lost(false, detail);
        } else {
            end(new FeedStoppedException(code, detail));
        }
    }

    /** One connection. What still arrives from one that is given up is ignored. */
    private final class Connection implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();
        private WebSocket socket;
        private boolean asked = true;
        private long heard = System.nanoTime();

        @Override
        public void onOpen(WebSocket opened) {
            onThread(opened, () -> {
                socket = opened;
                refusedToken = null;
                refusedTokens = 0;
                var subscribe =
                        PmsEventsClient.object().put("op", "subscribe").put("id", "feed");
                feed.topics.forEach(subscribe.putArray("topics")::add);
                feed.subjects.forEach(subscribe.putArray("subjects")::add);
                if (position >= 0) {
                    subscribe.put("after", position).put("epoch", epoch);
                }
                var unused = opened.sendText(subscribe.toString(), true);
                asked = false;
            });
        }

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                var frame = text.toString();
                text.setLength(0);
                onThread(from, () -> {
                    asked = false;
                    var messages = PmsEventsClient.parse(frame);
                    if (messages.isArray()) {
                        messages.forEach(waiting::add);
                    } else {
                        waiting.add(messages);
                    }
                });
            } else {
                from.request(1);
            }
            return null;
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            onThread(from, () -> {
                if (FINAL_CODES.contains(code)) {
                    end(new FeedStoppedException(Integer.toString(code), reason));
                } else {
                    lost(code == TOO_MANY_MESSAGES, "closed with " + code + " " + reason);
                }
            });
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable failure) {
            onThread(from, () -> lost(false, failure.toString()));
        }

        private void onThread(WebSocket from, Runnable work) {
            thread.execute(() -> {
                if (connection != this) {
                    if (!from.isOutputClosed()) {
                        from.abort();
                    }
                    return;
                }
                heard = System.nanoTime();
                try {
                    work.run();
                } catch (RuntimeException unreadable) {
                    lost(false, unreadable.toString());
                    return;
                }
                handOver();
            });
        }

        /** The next frame is asked for only when everything before it was handed over. */
        private void ask() {
            if (!asked && socket != null) {
                asked = true;
                heard = System.nanoTime();
                socket.request(1);
            }
        }

        /** Nothing is heard of a connection while the subscriber wants nothing of it. */
        private void checkSilence() {
            if (connection != this) {
                return;
            }
            if (asked && System.nanoTime() - heard > 2 * feed.heartbeat.toNanos()) {
                lost(false, "silent for two heartbeats");
            } else {
                later(feed.heartbeat, this::checkSilence);
            }
        }

        private WebSocket notOpened(Throwable failure, String offered) {
            var cause = failure instanceof CompletionException ? failure.getCause() : failure;
            thread.execute(() -> {
                if (connection == this && cause instanceof WebSocketHandshakeException handshake) {
                    refused(handshake.getResponse(), offered);
                } else {
                    lost(false, String.valueOf(cause));
                }
            });
            return null;
        }

        private void refused(HttpResponse<?> answer, String offered) {
            var problem = PmsEventsClient.problem(answer.statusCode(), String.valueOf(answer.body()));
            var why = new FeedStoppedException(problem.code(), problem.detail());
            if (answer.statusCode() == UNAUTHORIZED) {
                refusedToken = offered;
                refusal = why;
                refusedTokens++;
            }
            if (FINAL_STATUSES.contains(answer.statusCode()) || refusedTokens == MOST_REFUSED_TOKENS) {
                end(why);
            } else {
                lost(false, why.getMessage());
            }
        }

        private void lost(boolean slowly, String detail) {
            if (connection != this) {
                return;
            }
            connection = null;
            waiting.clear();
            if (socket != null) {
                socket.abort();
            }
            var pause = slowly ? pauses.longest() : pauses.next();
            feed.onState.accept(FeedState.lost(pause, detail));
            later(pause, FeedReader.this::connect);
        }
    }

    private static ScheduledExecutorService thread() {
        var executor = new ScheduledThreadPoolExecutor(1, work -> {
            var worker = new Thread(work, "pms-events-feed");
            worker.setDaemon(true);
            return worker;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRejectedExecutionHandler((work, done) -> {});
        return executor;
    }
}
