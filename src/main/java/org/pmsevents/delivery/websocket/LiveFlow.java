package org.pmsevents.delivery.websocket;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.quarkus.runtime.Startup;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.FeedSubscriptions;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.query.QueryParameters;
import org.pmsevents.platform.json.NormalText;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violations;
import org.pmsevents.platform.shutdown.Draining;
import org.pmsevents.platform.tracing.TraceLog;

/** The WebSocket flows: connection, updates, and errors with a close code that says how to reconnect. */
@Startup
@ApplicationScoped
public class LiveFlow {
    private static final TraceLog LOG = TraceLog.of(LiveFlow.class);

    private final LiveSessions sessions;
    private final FeedSubscriptions feed;
    private final FeedSubscriptions.Group clients;
    private final EventPublisher events;
    private final DeliveryConfig config;
    private final LivePayloads payloads;
    private final FrameSpans frames;
    private final Draining draining;
    private final Vertx vertx;
    private final MeterRegistry meters;

    LiveFlow(
            LiveSessions sessions,
            FeedSubscriptions feed,
            EventPublisher events,
            DeliveryConfig config,
            LivePayloads payloads,
            FrameSpans frames,
            Draining draining,
            Vertx vertx,
            MeterRegistry meters) {
        this.sessions = sessions;
        this.feed = feed;
        this.clients = feed.group();
        this.events = events;
        this.config = config;
        this.payloads = payloads;
        this.frames = frames;
        this.draining = draining;
        this.vertx = vertx;
        this.meters = meters;
        LiveProtocol.CLOSE_CODES.forEach(this::closed);
    }

    /** The client of a connection, as authenticated by the handshake. */
    record Caller(RequestContext context, Set<String> roles) {}

    /** Connect → authenticate → emitEvent(ws.connect) → setupListeners → Response. */
    Uni<Void> connect(WebSocketConnection connection, Caller authenticated) {
        return emitConnect(connection, authenticated)
                .invoke(() -> setupListeners(connection, authenticated))
                .replaceWithVoid();
    }

    /** DataChange → preparePayload → emitEvent(ws.update) → broadcastToClients → Response. */
    public Uni<Void> update(FeedBatch change) {
        return preparePayload(change).call(this::emitUpdate).chain(this::broadcastToClients);
    }

    /** Handles a message of a client. A replica that is stopping refuses subscriptions, so that the client reconnects to another. */
    void handle(WebSocketConnection connection, LiveSession session, LiveProtocol.ClientMessage message) {
        if (draining.begun() && message instanceof LiveProtocol.Subscribe) {
            restart(connection);
        } else {
            session.handle(message);
        }
    }

    /** Closes a connection because this replica stops. This is not an error. */
    void restart(WebSocketConnection connection) {
        var session = sessions.of(connection.id());
        if (session != null && session.end()) {
            closed(LiveProtocol.RESTARTING).increment();
            reconnect(connection, session, LiveProtocol.RESTARTING, "restarting, reconnect");
        }
    }

    /** Error → handleWSError → emitEvent(ws.error) → reconnect: the close code says whether, the reason from which position. */
    void error(WebSocketConnection connection, int code, String reason) {
        var session = sessions.of(connection.id());
        if (session != null && session.end()) {
            handleWSError(connection, session, code, reason);
            emitError(connection, session, code, reason);
            reconnect(connection, session, code, reason);
        }
    }

    private Uni<Void> emitConnect(WebSocketConnection connection, Caller caller) {
        events.emit(EventType.WS_CONNECT, connection.id(), Map.of("connection", connection.id()), caller.context());
        return Uni.createFrom().voidItem();
    }

    private void setupListeners(WebSocketConnection connection, Caller caller) {
        var query = new Query(connection.handshakeRequest().query());
        Runnable tooSlow = () -> error(connection, LiveProtocol.TOO_SLOW, "too slow");
        var outgoing = new OutgoingFrames(
                connection,
                query.flag(Query.BATCH),
                config.maxQueuedBytes(),
                tooSlow,
                feed::onContext,
                sessions.written());
        var session =
                new LiveSession(caller, outgoing, sessions.audience(), config, clients, payloads, frames, tooSlow);
        sessions.add(connection.id(), session);
        if (draining.begun()) {
            feed.onContext(() -> restart(connection));
        } else if (!query.list("topics").isEmpty()) {
            feed.onContext(() -> session.handle(query.subscribe()));
        }
    }

    /** Made once for all clients: those that receive the same events share the frames. */
    private static Uni<LivePayload> preparePayload(FeedBatch change) {
        return Uni.createFrom().item(() -> new LivePayload(change));
    }

    private Uni<Void> emitUpdate(LivePayload payload) {
        var change = payload.batch();
        events.emit(
                EventType.WS_UPDATE,
                "feed",
                Map.of("position", change.upTo(), "events", change.events().size(), "connections", sessions.size()),
                RequestContext.system());
        return Uni.createFrom().voidItem();
    }

    private Uni<Void> broadcastToClients(LivePayload payload) {
        payloads.begin(payload);
        frames.begin();
        try {
            return clients.deliver(payload.batch());
        } finally {
            frames.end();
            payloads.end();
        }
    }

    private void handleWSError(WebSocketConnection connection, LiveSession session, int code, String reason) {
        closed(code).increment();
        LOG.debugf(session.context(), "closing WebSocket %s with %d: %s", connection.id(), code, reason);
    }

    private Counter closed(int code) {
        return meters.counter("pms.websocket.closed", "code", Integer.toString(code));
    }

    private void emitError(WebSocketConnection connection, LiveSession session, int code, String reason) {
        events.emit(
                EventType.WS_ERROR,
                connection.id(),
                Map.of("connection", connection.id(), "closeCode", code, "detail", reason),
                session.context());
    }

    private void reconnect(WebSocketConnection connection, LiveSession session, int code, String reason) {
        // queued frames are dropped: if there are any, only the client knows the position that it has reached
        var position = session.queued() == 0 ? session.position() : null;
        if (code != LiveProtocol.LOST) {
            session.close(code, position == null ? reason : reason + ", resume after " + position);
        }
        vertx.setTimer(config.dropAfter().toMillis(), timer -> dropStuck(connection));
    }

    /** Drops a connection whose client has not answered the close frame in time, because it does not read. */
    private void dropStuck(WebSocketConnection connection) {
        if (sessions.of(connection.id()) != null) {
            LiveUpgrade.drop(connection);
        }
    }

    /**
     * Refuses a handshake whose query means nothing here: a misspelt parameter would be a subscription that hears nothing, or too much.
     *
     * @throws AppException 400 with all violations
     */
    static void validateQuery(@Nullable String query) {
        var violations = new Violations();
        var parameters = new Query(query).parameters();
        QueryParameters.refuseUnknown(parameters.keySet(), Query.PARAMETERS, violations);
        if (!Query.FLAGS.containsAll(parameters.getOrDefault(Query.BATCH, List.of()))) {
            violations.add("?" + Query.BATCH, "format", Query.BATCH + " must be true or false.");
        }
        violations.throwIfAny();
    }

    /** The query of the handshake, which may contain a subscription. */
    private record Query(Map<String, List<String>> parameters) {
        private static final String BATCH = "batch";
        private static final List<String> PARAMETERS = List.of("topics", "subjects", "after", "epoch", BATCH);
        private static final Set<String> FLAGS = Set.of("true", "false");

        Query(@Nullable String query) {
            this(query == null ? Map.of() : new QueryStringDecoder(query, false).parameters());
        }

        boolean flag(String name) {
            return parameters.getOrDefault(name, List.of()).contains("true");
        }

        List<String> list(String name) {
            return parameters.getOrDefault(name, List.of()).stream()
                    .flatMap(values -> Arrays.stream(values.split(",")))
                    .filter(value -> !value.isEmpty())
                    .map(NormalText::of)
                    .toList();
        }

        LiveProtocol.ClientMessage subscribe() {
            var after = list("after");
            try {
                return new LiveProtocol.Subscribe(
                        "query",
                        list("topics"),
                        list("subjects"),
                        after.isEmpty() ? null : position(after.get(0)),
                        list("epoch").stream().findFirst().orElse(null));
            } catch (NumberFormatException e) {
                return new LiveProtocol.Invalid("query", "after must be a position.");
            }
        }

        private static Long position(String text) {
            long position = Long.parseLong(text);
            if (position < 0) {
                throw new NumberFormatException("a position is not negative");
            }
            return position;
        }
    }
}
