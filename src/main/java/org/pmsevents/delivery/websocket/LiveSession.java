package org.pmsevents.delivery.websocket;

import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.delivery.Topics;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.FeedSubscriptions;
import org.pmsevents.platform.problem.AppException;

/**
 * One WebSocket connection. All its subscriptions share one stream of events in position order. Methods run on the feed's context, except
 * those that say otherwise.
 */
final class LiveSession implements FeedSubscriptions.Subscriber {
    private final LiveFlow.Caller caller;
    private final OutgoingFrames outgoing;
    private final DeliveryConfig config;
    private final FeedSubscriptions.Group feed;
    private final LivePayloads payloads;
    private final FrameSpans frames;
    private final Runnable tooSlow;
    private final Subscriptions subscriptions;

    private final List<String> unanswered = new ArrayList<>();
    private FeedSubscriptions.@Nullable Subscription stream;
    private String streamId = "";
    private String epoch = "";
    private boolean flowing;
    private boolean ended;

    /** @param tooSlow closes the connection of a client that reads too slowly */
    LiveSession(
            LiveFlow.Caller caller,
            OutgoingFrames outgoing,
            Audience audience,
            DeliveryConfig config,
            FeedSubscriptions.Group feed,
            LivePayloads payloads,
            FrameSpans frames,
            Runnable tooSlow) {
        this.caller = caller;
        this.outgoing = outgoing;
        this.config = config;
        this.feed = feed;
        this.payloads = payloads;
        this.frames = frames;
        this.tooSlow = tooSlow;
        this.subscriptions = new Subscriptions(audience);
    }

    RequestContext context() {
        return caller.context();
    }

    /** How many characters are queued for the client. Any thread. */
    long queued() {
        return outgoing.queued();
    }

    /** The position after which a client that reconnects resumes; null without a subscription. */
    @Nullable
    Long position() {
        return flowing && stream != null ? stream.position() : null;
    }

    void handle(LiveProtocol.ClientMessage message) {
        if (ended) {
            return;
        }
        if (message instanceof LiveProtocol.Subscribe subscribe) {
            subscribe(subscribe);
        } else if (message instanceof LiveProtocol.Unsubscribe unsubscribe) {
            unsubscribe(unsubscribe.id());
        } else if (message instanceof LiveProtocol.Invalid invalid) {
            outgoing.send(LiveProtocol.error(invalid.id(), "invalid-message", invalid.detail()));
        } else {
            outgoing.send(LiveProtocol.pong());
        }
    }

    private void subscribe(LiveProtocol.Subscribe wanted) {
        var id = wanted.id();
        if (subscriptions.has(id)) {
            refuse(id, "id-in-use", "This connection already has a subscription with this id.");
        } else if (subscriptions.size() >= config.maxSubscriptions()) {
            refuse(
                    id,
                    "too-many-subscriptions",
                    "A connection may have " + config.maxSubscriptions() + " subscriptions.");
        } else if (wanted.after() != null && stream != null) {
            refuse(id, "resume-first", "after is for the first subscription of a connection.");
        } else {
            try {
                var alerts = Topics.alerts(wanted.topics(), caller.roles());
                var types = Topics.types(Topics.ofEvents(wanted.topics()), caller.roles());
                subscriptions.add(id, new Subscriptions.Subscription(types, alerts, Set.copyOf(wanted.subjects())));
                follow(wanted);
            } catch (AppException e) {
                refuse(id, e.code(), e.detail());
            }
        }
    }

    private void follow(LiveProtocol.Subscribe wanted) {
        if (flowing && stream != null) {
            outgoing.send(LiveProtocol.subscribed(wanted.id(), stream.position(), epoch));
            return;
        }
        unanswered.add(wanted.id());
        if (stream == null) {
            var after = wanted.after();
            streamId = wanted.id();
            stream = after == null ? feed.fromNow(this) : feed.after(after, wanted.epoch(), this);
        }
    }

    private void unsubscribe(String id) {
        unanswered.remove(id);
        if (subscriptions.remove(id)) {
            outgoing.send(LiveProtocol.unsubscribed(id));
        } else {
            refuse(id, "id-unknown", "This connection has no subscription with this id.");
        }
    }

    /** Answers the subscriptions that wait for this. After a reset in the middle of the stream none waits, and the position is sent. */
    @Override
    public void subscribed(long position, String epoch) {
        this.epoch = epoch;
        if (flowing) {
            outgoing.send(LiveProtocol.position(position));
        }
        flowing = true;
        unanswered.forEach(id -> outgoing.send(LiveProtocol.subscribed(id, position, epoch)));
        unanswered.clear();
    }

    @Override
    public void reset(long oldest, long head, String epoch) {
        outgoing.send(LiveProtocol.reset(streamId, oldest, head, epoch));
    }

    /** Every subscription gets a reset, and where it goes on. */
    @Override
    public void restarted(long oldest, long head, String epoch) {
        this.epoch = epoch;
        flowing = true;
        unanswered.clear();
        for (var id : subscriptions.ids()) {
            outgoing.send(LiveProtocol.reset(id, oldest, head, epoch));
            outgoing.send(LiveProtocol.subscribed(id, head, epoch));
        }
    }

    @Override
    public void unavailable() {
        stream = null;
        for (var id : unanswered) {
            subscriptions.remove(id);
            refuse(id, "unavailable", "The feed can't be read at the moment. Subscribe again.");
        }
        unanswered.clear();
    }

    @Override
    public void dropped() {
        tooSlow.run();
    }

    @Override
    public void take(FeedBatch batch) {
        var events = batch.events();
        var matching = new BitSet(events.size());
        for (int i = 0; i < events.size(); i++) {
            var event = events.get(i).message();
            if (subscriptions.match(event)) {
                matching.set(i);
                frames.sent(event);
            }
        }
        if (!matching.isEmpty()) {
            outgoing.send(payloads.of(batch).part(matching));
        }
    }

    @Override
    public Uni<Void> ready() {
        return outgoing.ready();
    }

    /** An event without a position. */
    void announce(EventMessage event, String json) {
        if (flowing && subscriptions.match(event)) {
            outgoing.send(json);
        }
    }

    /** An alert to the administrators. */
    void alert(String subject, String frame) {
        if (flowing && subscriptions.matchAlert(subject)) {
            outgoing.send(frame);
        }
    }

    void heartbeat() {
        var position = position();
        if (outgoing.stalled()) {
            tooSlow.run();
        } else if (position != null && !ended) {
            outgoing.send(LiveProtocol.position(position));
        }
    }

    /** Ends the stream; false if it has ended already. */
    boolean end() {
        if (ended) {
            return false;
        }
        ended = true;
        subscriptions.clear();
        if (stream != null) {
            stream.end();
        }
        return true;
    }

    /** Sends a close frame. Any thread. */
    void close(int code, String reason) {
        outgoing.close(code, reason);
    }

    /** The connection is closed or lost. */
    void lost() {
        outgoing.drop();
        end();
    }

    private void refuse(String id, String code, String detail) {
        outgoing.send(LiveProtocol.error(id, code, detail));
    }
}
