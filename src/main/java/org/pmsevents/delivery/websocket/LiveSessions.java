package org.pmsevents.delivery.websocket;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.feed.FeedSubscriptions;
import org.pmsevents.http.limits.PerClient;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.periodic.Periodic;

/** The WebSocket connections of this replica. Sends announcements, alerts and heartbeats to them. */
@ApplicationScoped
public class LiveSessions {
    private final Map<String, LiveSession> byConnection = new ConcurrentHashMap<>();
    private final PerClient perClient;
    private final Audience audience = new Audience();
    private final LongAdder written = new LongAdder();
    private final EventCodec codec;
    private final FeedSubscriptions feed;
    private final DeliveryConfig config;
    private final Periodic periodic;

    LiveSessions(
            EventCodec codec, FeedSubscriptions feed, DeliveryConfig config, Periodic periodic, MeterRegistry meters) {
        this.codec = codec;
        this.feed = feed;
        this.config = config;
        this.perClient = new PerClient(config.maxConnectionsPerClient());
        this.periodic = periodic;
        FunctionCounter.builder("pms.websocket.frames", written, LongAdder::doubleValue)
                .description("frames written to sockets")
                .register(meters);
        meters.gaugeMapSize("pms.websocket.connections", Tags.empty(), byConnection);
        meters.gauge("pms.websocket.queued.bytes", this, LiveSessions::queuedBytes);
    }

    void start(@Observes StartupEvent started) {
        periodic.action(
                        "websocket.heartbeat",
                        config.heartbeat(),
                        () -> feed.onContext(() -> byConnection.values().forEach(LiveSession::heartbeat)))
                .start();
    }

    boolean full() {
        return byConnection.size() >= config.maxConnections();
    }

    /** The counter of the frames of all clients. */
    LongAdder written() {
        return written;
    }

    boolean full(String client) {
        return perClient.isFull(client);
    }

    Audience audience() {
        return audience;
    }

    void add(String connection, LiveSession session) {
        byConnection.put(connection, session);
        perClient.opened(session.context().actor());
    }

    @Nullable
    LiveSession of(String connection) {
        return byConnection.get(connection);
    }

    void remove(String connection) {
        var session = byConnection.remove(connection);
        if (session != null) {
            perClient.closed(session.context().actor());
            feed.onContext(session::lost);
        }
    }

    /** The number of open connections. */
    public int size() {
        return byConnection.size();
    }

    /** Sends an announcement to the connections that have subscribed to it. */
    public Uni<Void> announce(EventMessage event) {
        if (audience.wants(event.type())) {
            var json = codec.encode(event);
            feed.onContext(() -> byConnection.values().forEach(session -> session.announce(event, json)));
        }
        return Uni.createFrom().voidItem();
    }

    /** Sends an alert, JSON with a {@code subject}, to the connections that have subscribed to it. */
    public void alert(String json) {
        var subject = StrictJson.read(json.getBytes(StandardCharsets.UTF_8))
                .tree()
                .path("subject")
                .asText();
        var frame = LiveProtocol.alert(json);
        feed.onContext(() -> byConnection.values().forEach(session -> session.alert(subject, frame)));
    }

    /** How many characters are queued for all clients. */
    public long queuedBytes() {
        return byConnection.values().stream().mapToLong(LiveSession::queued).sum();
    }

    /** Whether a connection has subscribed to events of the type. */
    public boolean wants(EventType type) {
        return audience.wants(type);
    }
}
