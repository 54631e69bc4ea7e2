package org.pmsevents.http.security;

import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.Principal;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.limits.Disconnect;

/** The WebSockets and streams of this replica that API keys have opened, to be closed when their key is revoked or has expired. */
@ApplicationScoped
public class KeyConnections {
    private static final Runnable NOTHING = () -> {};

    private final ConcurrentHashMap<String, Set<Connection>> open = new ConcurrentHashMap<>();

    /** An open connection; no record, because two of them are never the same. */
    private static final class Connection {
        private final Runnable close;

        Connection(Runnable close) {
            this.close = close;
        }
    }

    /**
     * A connection was opened.
     *
     * @param caller who has opened it; without an API key there is nothing to do
     * @param close closes it because of the key; returns at once, and may be called several times
     * @return to be run when it has been closed, for whatever reason
     */
    public Runnable opened(@Nullable Principal caller, Runnable close) {
        if (!(caller instanceof Caller known) || known.keyId() == null) {
            return NOTHING;
        }
        var id = known.keyId();
        var connection = new Connection(close);
        open.compute(id, (key, others) -> {
            var all = others == null ? ConcurrentHashMap.<Connection>newKeySet() : others;
            all.add(connection);
            return all;
        });
        return () -> open.computeIfPresent(id, (key, all) -> {
            all.remove(connection);
            return all.isEmpty() ? null : all;
        });
    }

    /** The same for a request with a long body, or a long answer: its connection is closed at once. */
    public void opened(@Nullable Principal caller, RoutingContext request) {
        var ended = opened(caller, () -> Disconnect.now(request.request()));
        request.addEndHandler(done -> ended.run());
        if (request.response().closed()) { // before there was a handler
            ended.run();
        }
    }

    /** The ids of the keys that have open connections. */
    public Set<String> keys() {
        return Set.copyOf(open.keySet());
    }

    /** Closes all connections of a key. */
    public void close(String keyId) {
        open.getOrDefault(keyId, Set.of()).forEach(connection -> connection.close.run());
    }
}
