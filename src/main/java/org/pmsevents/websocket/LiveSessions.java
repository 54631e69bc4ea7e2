package org.pmsevents.websocket;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedSubscriptions;

/** The WebSocket connections of this replica: tells them announcements and heartbeats, and closes them when the replica stops. */
@ApplicationScoped
public class LiveSessions {
    private final Map<String, LiveSession> byConnection = new ConcurrentHashMap<>();
    private final EventCodec codec;
    private final FeedSubscriptions feed;
    private final LiveConfig config;
    private final Vertx vertx;
    private volatile Set<EventType> wanted = EnumSet.noneOf(EventType.class);

    LiveSessions(EventCodec codec, FeedSubscriptions feed, LiveConfig config, Vertx vertx, MeterRegistry meters) {
        this.codec = codec;
        this.feed = feed;
        this.config = config;
        this.vertx = vertx;
        meters.gaugeMapSize("pms.websocket.connections", io.micrometer.core.instrument.Tags.empty(), byConnection);
        meters.gauge("pms.websocket.queued.bytes", this, LiveSessions::queuedBytes);
    }

    void start(@Observes StartupEvent started) {
        vertx.setPeriodic(
                config.heartbeat().toMillis(),
                timer -> feed.onContext(() -> byConnection.values().forEach(LiveSession::heartbeat)));
    }

    void stop(@Observes ShutdownEvent stopping) {
        byConnection.values().forEach(session -> session.close(LiveProtocol.RESTARTING, "restarting, reconnect"));
    }

    void add(String connection, LiveSession session) {
        byConnection.put(connection, session);
    }

    @Nullable
    LiveSession of(String connection) {
        return byConnection.get(connection);
    }

    @Nullable
    LiveSession remove(String connection) {
        var session = byConnection.remove(connection);
        if (session != null) {
            session.end();
            feed.onContext(this::countWanted);
        }
        return session;
    }

    int size() {
        return byConnection.size();
    }

    Collection<LiveSession> all() {
        return byConnection.values();
    }

    /** Remembers which types anyone listens to, so that the many that nobody wants cost nothing. */
    void countWanted() {
        var types = EnumSet.noneOf(EventType.class);
        byConnection.values().forEach(session -> types.addAll(session.types()));
        wanted = types;
    }

    /** Tells an event without a position to those who have subscribed to it. */
    public void announce(EventMessage event) {
        if (wanted.contains(event.type())) {
            var json = codec.encode(event);
            feed.onContext(() -> byConnection.values().forEach(session -> session.announce(event, json)));
        }
    }

    private double queuedBytes() {
        return byConnection.values().stream()
                .mapToLong(LiveSession::queuedBytes)
                .sum();
    }
}
