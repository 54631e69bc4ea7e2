package org.pmsevents.delivery.sse;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.BackPressureStrategy;
import io.smallrye.mutiny.subscription.MultiEmitter;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.security.Principal;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.delivery.Positions;
import org.pmsevents.delivery.Topics;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.feed.FeedSubscriptions;
import org.pmsevents.http.limits.Disconnect;
import org.pmsevents.http.limits.PerClient;
import org.pmsevents.http.security.KeyConnections;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.shutdown.Draining;

/**
 * The feed as server-sent events. The id is the position, and a block with only an id is the heartbeat. A stream whose reader is too slow
 * is cut off; the reader resumes with {@code Last-Event-ID}.
 */
@ApplicationScoped
public class EventStreams {
    /** Below how many characters in its queue a reader that catches up gets more, unless the bound of the queue is lower. */
    private static final int WINDOW = 16 * 1024;

    /** How many streams a replica accepts. */
    private static final int MAX_STREAMS = 5_000;

    private final FeedSubscriptions feed;
    private final FeedSubscriptions.Group readers;
    private final DeliveryConfig config;
    private final Periodic periodic;
    private final Vertx vertx;
    private final SecurityIdentity identity;
    private final Draining draining;
    private final Clock clock;
    private final CurrentVertxRequest current;
    private final KeyConnections ofKeys;
    private final PerClient perClient;
    private final Set<Stream> open = ConcurrentHashMap.newKeySet();

    EventStreams(
            FeedSubscriptions feed,
            DeliveryConfig config,
            Periodic periodic,
            Vertx vertx,
            SecurityIdentity identity,
            Draining draining,
            Clock clock,
            CurrentVertxRequest current,
            KeyConnections ofKeys,
            MeterRegistry meters) {
        this.feed = feed;
        this.readers = feed.group();
        this.config = config;
        this.perClient = new PerClient(config.maxConnectionsPerClient());
        this.periodic = periodic;
        this.vertx = vertx;
        this.identity = identity;
        this.draining = draining;
        this.clock = clock;
        this.current = current;
        this.ofKeys = ofKeys;
        meters.gaugeCollectionSize("pms.stream.connections", Tags.empty(), open);
    }

    void start(@Observes StartupEvent started) {
        periodic.action(
                        "stream.heartbeat",
                        config.heartbeat(),
                        () -> feed.onContext(() -> open.forEach(Stream::heartbeat)))
                .start();
    }

    /** Ends the streams before the HTTP server closes, spread over the drain period, so that readers don't reconnect all at once. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) {
        open.forEach(
                stream -> vertx.setTimer(Draining.randomDelay(config.drain()), timer -> feed.onContext(stream::end)));
    }

    /** Sends a batch of the feed to all readers; called in position order. */
    public Uni<Void> deliver(FeedBatch batch) {
        return readers.deliver(batch);
    }

    /**
     * @param after the last position that the reader has; null for events from now on
     * @throws AppException 503 {@code too-many-streams}, or {@code restarting} from a replica that is stopping; 429 {@code
     *     too-many-streams} if this client has too many
     */
    public Multi<OutboundSseEvent> open(List<String> topics, Positions.@Nullable Place after, Sse sse) {
        var types = Topics.replayable(topics, identity.getRoles());
        if (draining.begun()) {
            throw AppException.restarting();
        }
        if (open.size() >= MAX_STREAMS) {
            throw AppException.unavailable("too-many-streams", "This replica has reached its limit of streams.", 5);
        }
        var caller = identity.getPrincipal();
        if (perClient.isFull(caller.getName())) {
            throw AppException.tooMany("too-many-streams", "You have reached the limit of streams.", 5);
        }
        long expires = expires();
        var reading = current.getCurrent().request();
        return Multi.createFrom().deferred(() -> {
            var stream = new Stream(caller, types, sse, expires, reading);
            return Multi.createFrom()
                    .<OutboundSseEvent>emitter(emitter -> stream.begin(emitter, after), BackPressureStrategy.BUFFER)
                    .invoke(stream::sent);
        });
    }

    /** When the token expires, in seconds since the epoch. */
    private long expires() {
        Long expires = identity.getAttribute("quarkus.identity.expire-time");
        return expires == null ? Long.MAX_VALUE : expires;
    }

    private final class Stream implements FeedSubscriptions.Subscriber {
        private final Principal caller;
        private final String client;
        private final Set<EventType> types;
        private final Sse sse;
        private final long expires;
        private final HttpServerRequest request;
        private final AtomicLong queued = new AtomicLong();
        private final AtomicReference<@Nullable Runnable> waiting = new AtomicReference<>();
        private @Nullable MultiEmitter<? super OutboundSseEvent> reader;
        private FeedSubscriptions.@Nullable Subscription subscription;
        private boolean subscribed;
        private String epoch = "";

        Stream(Principal caller, Set<EventType> types, Sse sse, long expires, HttpServerRequest request) {
            this.caller = caller;
            this.client = caller.getName();
            this.types = types;
            this.sse = sse;
            this.expires = expires;
            this.request = request;
        }

        void begin(MultiEmitter<? super OutboundSseEvent> emitter, Positions.@Nullable Place after) {
            reader = emitter;
            open.add(this);
            perClient.opened(client);
            var begun = after == null ? readers.fromNow(this) : readers.after(after.position(), after.epoch(), this);
            subscription = begun;
            var ofKey = ofKeys.opened(caller, () -> feed.onContext(this::revoked));
            emitter.onTermination(() -> {
                ofKey.run();
                if (open.remove(this)) {
                    perClient.closed(client);
                }
                begun.end();
            });
            if (draining.begun()) {
                end();
            }
        }

        void sent(OutboundSseEvent event) {
            queued.addAndGet(-size(event));
            resumeIfLow();
        }

        /** Heartbeats begin only now: the position asked for may not exist. */
        @Override
        public void subscribed(long position, String epoch) {
            this.epoch = epoch;
            subscribed = true;
            sendPosition(position);
        }

        @Override
        public void reset(long oldest, long head, String epoch) {
            send(sse.newEventBuilder()
                    .name("reset")
                    .data("{\"epoch\":\"" + epoch + "\",\"oldest\":" + oldest + ",\"head\":" + head + "}")
                    .build());
        }

        @Override
        public void restarted(long oldest, long head, String epoch) {
            reset(oldest, head, epoch);
            subscribed(head, epoch);
        }

        private String id(long position) {
            return epoch + ":" + position;
        }

        @Override
        public void unavailable() {
            end();
        }

        /** Accepts a batch of any size while the queue is within its bound, so that a reader can catch up past large events. */
        @Override
        public void take(FeedBatch batch) {
            if (queued.get() > config.maxQueuedBytes()) {
                dropped();
                return;
            }
            for (var event : batch.events()) {
                if (types.contains(event.message().type())) {
                    send(sse.newEventBuilder()
                            .id(id(event.position()))
                            .data(event.json())
                            .build());
                }
            }
        }

        /** What is queued would stay in memory until it is read, if the stream was only ended. */
        @Override
        public void dropped() {
            Disconnect.now(request);
        }

        @Override
        public Uni<Void> ready() {
            return queued.get() <= low()
                    ? Uni.createFrom().voidItem()
                    : Uni.createFrom().<Void>emitter(this::waitUntilLow);
        }

        private void waitUntilLow(UniEmitter<? super Void> ready) {
            waiting.set(() -> ready.complete(null));
            resumeIfLow();
        }

        private void resumeIfLow() {
            if (queued.get() <= low()) {
                var resume = waiting.getAndSet(null);
                if (resume != null) {
                    resume.run();
                }
            }
        }

        private int low() {
            return Math.min(WINDOW, config.maxQueuedBytes() / 2);
        }

        private void heartbeat() {
            if (clock.instant().getEpochSecond() >= expires) {
                end();
            } else if (subscribed && subscription != null) {
                sendPosition(subscription.position());
            }
        }

        /** Sends a block without data: readers store the id and see no event. The builder requires a comment. */
        private void sendPosition(long position) {
            send(sse.newEventBuilder().id(id(position)).comment("position").build());
        }

        private void send(OutboundSseEvent event) {
            if (reader != null) {
                queued.addAndGet(size(event));
                reader.emit(event);
            }
        }

        /** Says why before it ends: a reader that only reconnects would be refused. */
        private void revoked() {
            send(sse.newEventBuilder()
                    .name("closed")
                    .data("{\"code\":\"key-revoked\",\"detail\":\"The API key has been revoked.\"}")
                    .build());
            end();
        }

        private void end() {
            if (reader != null) {
                reader.complete();
            }
        }

        private static int size(OutboundSseEvent event) {
            return event.getData() instanceof String data ? data.length() : 16;
        }
    }
}
