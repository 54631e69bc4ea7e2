package org.pmsevents.websocket;

import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.pmsevents.error.AppException;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedSubscriptions;
import org.pmsevents.event.Origin;
import org.pmsevents.feed.Topics;

/**
 * One WebSocket connection: one stream of events in position order, whatever it has subscribed to. Runs on the feed's context,
 * and bounds what waits for a client that reads slowly.
 */
final class LiveSession implements FeedSubscriptions.Subscriber {
    private static final int FRAME_CHARS = 256 * 1024;

    private final WebSocketConnection connection;
    private final Set<String> roles;
    private final Origin origin;
    private final boolean batched;
    private final LiveConfig config;
    private final FeedSubscriptions feed;
    private final BiConsumer<Integer, String> fail;
    private final Runnable changed;

    private final Subscriptions subscriptions = new Subscriptions();
    private final AtomicLong queuedBytes = new AtomicLong();
    private FeedSubscriptions.@Nullable Subscription stream;
    private LiveProtocol.@Nullable Subscribe first;
    private volatile boolean closed;

    /**
     * @param fail closes the connection with a code and a reason
     * @param changed told whenever the subscriptions have changed
     */
    LiveSession(
            WebSocketConnection connection,
            Set<String> roles,
            Origin origin,
            boolean batched,
            LiveConfig config,
            FeedSubscriptions feed,
            BiConsumer<Integer, String> fail,
            Runnable changed) {
        this.connection = connection;
        this.roles = roles;
        this.origin = origin;
        this.batched = batched;
        this.config = config;
        this.feed = feed;
        this.fail = fail;
        this.changed = changed;
    }

    Origin origin() {
        return origin;
    }

    long queuedBytes() {
        return queuedBytes.get();
    }

    /** Where a client that reconnects goes on; null while it follows nothing. */
    @Nullable
    Long position() {
        return stream == null ? null : stream.position();
    }

    void handle(LiveProtocol.ClientMessage message) {
        if (message instanceof LiveProtocol.Subscribe subscribe) {
            subscribe(subscribe);
        } else if (message instanceof LiveProtocol.Unsubscribe unsubscribe) {
            unsubscribe(unsubscribe.id());
        } else if (message instanceof LiveProtocol.Invalid invalid) {
            send(LiveProtocol.error(invalid.id(), "invalid-message", invalid.detail()));
        } else {
            send(LiveProtocol.pong());
        }
    }

    private void subscribe(LiveProtocol.Subscribe wanted) {
        var after = wanted.after();
        if (subscriptions.has(wanted.id())) {
            error(wanted, "id-in-use", "This connection has a subscription of this id.");
        } else if (subscriptions.size() >= config.maxSubscriptions()) {
            error(wanted, "too-many-subscriptions", "At most " + config.maxSubscriptions() + " are possible.");
        } else if (after != null && (stream != null || first != null)) {
            error(wanted, "resume-first", "after is for the first subscription of a connection.");
        } else {
            try {
                var types = Topics.types(wanted.topics(), roles);
                subscriptions.add(wanted.id(), new Subscriptions.Subscription(types, Set.copyOf(wanted.subjects())));
                changed.run();
                follow(wanted);
            } catch (AppException e) {
                error(wanted, e.code(), e.detail());
            }
        }
    }

    private void follow(LiveProtocol.Subscribe wanted) {
        if (stream != null) {
            send(LiveProtocol.subscribed(wanted.id(), stream.position()));
            return;
        }
        if (first != null) {
            subscriptions.remove(wanted.id());
            error(wanted, "not-yet", "Wait for the answer to the first subscription.");
            return;
        }
        first = wanted;
        var after = wanted.after();
        starting = after == null ? feed.fromNow(this) : feed.after(after, this);
    }

    private FeedSubscriptions.@Nullable Subscription starting;

    private void unsubscribe(String id) {
        if (subscriptions.remove(id)) {
            changed.run();
            send(LiveProtocol.unsubscribed(id));
        } else {
            send(LiveProtocol.error(id, "id-unknown", "This connection has no subscription of this id."));
        }
    }

    @Override
    public void subscribed(long position) {
        var answered = first;
        stream = starting;
        first = null;
        if (answered != null) {
            send(LiveProtocol.subscribed(answered.id(), position));
        } else {
            send(LiveProtocol.position(position));
        }
    }

    @Override
    public void reset(long oldest, long head) {
        send(LiveProtocol.reset(first == null ? "" : first.id(), oldest, head));
    }

    @Override
    public void unavailable() {
        var failed = first;
        first = null;
        if (failed != null) {
            subscriptions.remove(failed.id());
            error(failed, "unavailable", "The feed can't be read at the moment. Subscribe again.");
        }
    }

    @Override
    public Uni<Void> take(FeedBatch batch) {
        var frames = new ArrayList<String>();
        for (var event : batch.events()) {
            if (subscriptions.match(event.message())) {
                frames.add(event.json());
            }
        }
        Uni<Void> last = Uni.createFrom().voidItem();
        for (var frame : batched ? joined(frames) : frames) {
            last = send(frame);
        }
        return last;
    }

    /** An event without a position. */
    void announce(EventMessage event, String json) {
        if (subscriptions.match(event)) {
            send(json);
        }
    }

    void heartbeat() {
        if (stream != null) {
            send(LiveProtocol.position(stream.position()));
        }
    }

    Set<EventType> types() {
        return subscriptions.types();
    }

    void close(int code, String reason) {
        if (!closed) {
            closed = true;
            end();
            connection.close(new CloseReason(code, reason)).subscribe().with(done -> {}, failure -> {});
        }
    }

    /** The connection is gone, or is about to be. */
    void end() {
        closed = true;
        if (starting != null) {
            starting.end();
        }
    }

    private void error(LiveProtocol.Subscribe wanted, String code, String detail) {
        send(LiveProtocol.error(wanted.id(), code, detail));
    }

    /** Hands a frame to the connection; completes when it has left. */
    private Uni<Void> send(String frame) {
        if (closed) {
            return Uni.createFrom().voidItem();
        }
        int size = frame.length();
        if (queuedBytes.addAndGet(size) > config.maxQueuedBytes()) {
            fail.accept(LiveProtocol.TOO_SLOW, "too slow");
            return Uni.createFrom().voidItem();
        }
        var sent = connection
                .sendText(frame)
                .onTermination()
                .invoke(() -> queuedBytes.addAndGet(-size))
                .memoize()
                .indefinitely();
        sent.subscribe().with(done -> {}, failure -> end());
        return sent;
    }

    private static List<String> joined(List<String> events) {
        var frames = new ArrayList<String>();
        var frame = new StringBuilder();
        for (var event : events) {
            if (frame.length() > 0 && frame.length() + event.length() > FRAME_CHARS) {
                frames.add(frame.append(']').toString());
                frame.setLength(0);
            }
            frame.append(frame.length() == 0 ? '[' : ',').append(event);
        }
        if (frame.length() > 0) {
            frames.add(frame.append(']').toString());
        }
        return frames;
    }
}
