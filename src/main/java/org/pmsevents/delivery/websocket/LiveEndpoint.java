package org.pmsevents.delivery.websocket;

import io.netty.handler.codec.DecoderException;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.websockets.next.InboundProcessingMode;
import io.quarkus.websockets.next.OnBinaryMessage;
import io.quarkus.websockets.next.OnClose;
import io.quarkus.websockets.next.OnError;
import io.quarkus.websockets.next.OnOpen;
import io.quarkus.websockets.next.OnPingMessage;
import io.quarkus.websockets.next.OnTextMessage;
import io.quarkus.websockets.next.UserData.TypedKey;
import io.quarkus.websockets.next.WebSocket;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import jakarta.annotation.security.RolesAllowed;
import java.nio.charset.StandardCharsets;
import org.jboss.logging.Logger;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.FeedSubscriptions;
import org.pmsevents.http.security.KeyConnections;
import org.pmsevents.http.security.Roles;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.tracing.TraceId;

/** The WebSocket endpoint: parses the messages of clients and passes them to the flow. */
@WebSocket(path = "/ws", inboundProcessingMode = InboundProcessingMode.SERIAL)
@RolesAllowed(Roles.VIEWER)
public class LiveEndpoint {
    private static final Logger LOG = Logger.getLogger(LiveEndpoint.class);
    private static final TypedKey<Window> WINDOW = new TypedKey<>("window");
    private static final TypedKey<Runnable> OF_KEY = new TypedKey<>("ofKey");
    private static final long WINDOW_NANOS = 10_000_000_000L;
    /** The longest message that a client may send; {@code quarkus.websockets-next.server.max-message-size} is above it. */
    private static final int MAX_MESSAGE_BYTES = 65_536;

    /** How many topics or subjects one subscription may name. */
    private static final int MAX_NAMES = 1_000;

    private final LiveFlow flow;
    private final LiveSessions sessions;
    private final FeedSubscriptions feed;
    private final DeliveryConfig config;
    private final SecurityIdentity identity;
    private final KeyConnections ofKeys;

    /** Counts the messages of a connection since the start of the window. Used only while a message of the connection is handled. */
    private static final class Window {
        private long since = System.nanoTime();
        private int messages;
    }

    LiveEndpoint(
            LiveFlow flow,
            LiveSessions sessions,
            FeedSubscriptions feed,
            DeliveryConfig config,
            SecurityIdentity identity,
            KeyConnections ofKeys) {
        this.flow = flow;
        this.sessions = sessions;
        this.feed = feed;
        this.config = config;
        this.identity = identity;
        this.ofKeys = ofKeys;
    }

    @OnOpen
    Uni<Void> open(WebSocketConnection connection) {
        connection.userData().put(WINDOW, new Window());
        var traceparent = connection.handshakeRequest().header("traceparent");
        var caller = identity.getPrincipal();
        connection.userData().put(OF_KEY, ofKeys.opened(caller, () -> revoked(connection)));
        var context = new RequestContext(caller.getName(), TraceId.fromTraceparent(traceparent));
        return flow.connect(connection, new LiveFlow.Caller(context, identity.getRoles()));
    }

    @OnTextMessage
    Uni<Void> message(String text, WebSocketConnection connection) {
        var session = sessions.of(connection.id());
        if (session == null) {
            return Uni.createFrom().voidItem();
        }
        if (tooMany(connection)) {
            return close(connection, LiveProtocol.TOO_MANY, "too many messages");
        }
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_MESSAGE_BYTES) {
            return close(connection, LiveProtocol.TOO_LONG, "a message may have " + MAX_MESSAGE_BYTES + " bytes");
        }
        try {
            var message = LiveProtocol.parse(bytes, MAX_NAMES);
            feed.onContext(() -> flow.handle(connection, session, message));
            return Uni.createFrom().voidItem();
        } catch (AppException e) {
            return close(connection, LiveProtocol.UNREADABLE, "unreadable message");
        }
    }

    @OnBinaryMessage
    Uni<Void> binary(Buffer ignored, WebSocketConnection connection) {
        return close(connection, LiveProtocol.UNREADABLE, "messages are text");
    }

    /** Vert.x has answered the ping. Pings count as messages, because a client that reads nothing could fill the queue with pongs. */
    @OnPingMessage
    Uni<Void> ping(Buffer ignored, WebSocketConnection connection) {
        return tooMany(connection)
                ? close(connection, LiveProtocol.TOO_MANY, "too many pings")
                : Uni.createFrom().voidItem();
    }

    @OnClose
    Uni<Void> closed(WebSocketConnection connection) {
        var ofKey = connection.userData().get(OF_KEY);
        if (ofKey != null) {
            ofKey.run();
        }
        sessions.remove(connection.id());
        LiveUpgrade.ended(connection);
        return Uni.createFrom().voidItem();
    }

    @OnError
    Uni<Void> failed(Throwable failure, WebSocketConnection connection) {
        LOG.debugf("WebSocket %s failed: %s", connection.id(), failure.toString());
        if (connection.isOpen() && isTooLong(failure)) {
            return close(connection, LiveProtocol.TOO_LONG, "a message may have " + MAX_MESSAGE_BYTES + " bytes");
        }
        return connection.isOpen()
                ? close(connection, LiveProtocol.INTERNAL_ERROR, "internal error")
                : close(connection, LiveProtocol.LOST, "the connection was lost");
    }

    /** Netty reports a frame that is too long by the one, and Vert.x a message of several frames by the other. */
    private static boolean isTooLong(Throwable failure) {
        return failure instanceof DecoderException
                || (failure instanceof IllegalStateException
                        && String.valueOf(failure.getMessage()).contains("max message size"));
    }

    private void revoked(WebSocketConnection connection) {
        feed.onContext(() -> flow.error(connection, LiveProtocol.NOT_ALLOWED_ANY_MORE, "the API key has been revoked"));
    }

    private Uni<Void> close(WebSocketConnection connection, int code, String reason) {
        feed.onContext(() -> flow.error(connection, code, reason));
        return Uni.createFrom().voidItem();
    }

    private boolean tooMany(WebSocketConnection connection) {
        var window = connection.userData().get(WINDOW);
        if (window == null) {
            return false;
        }
        long now = System.nanoTime();
        if (now - window.since > WINDOW_NANOS) {
            window.since = now;
            window.messages = 0;
        }
        return ++window.messages > config.maxMessagesPerTenSeconds();
    }
}
