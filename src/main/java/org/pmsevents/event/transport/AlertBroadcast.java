package org.pmsevents.event.transport;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Broadcasts sent alerts to the listeners that show them live, on every replica, at most once. It belongs to the transport because an alert
 * is not an event: it has neither a type nor a position, and shares only the Redis channel with events.
 */
@ApplicationScoped
public class AlertBroadcast {
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    private final RedisPublisher redisPublisher;

    AlertBroadcast(RedisPublisher redisPublisher) {
        this.redisPublisher = redisPublisher;
    }

    /** Registers a listener for alerts, each one line of JSON. */
    public void register(Consumer<String> listener) {
        listeners.add(listener);
    }

    /** Sends an alert to the listeners of all replicas. Completes when Redis has accepted it or that has failed; never fails. */
    public Uni<Void> send(String json) {
        received(json);
        return redisPublisher.alert(json);
    }

    void received(String json) {
        listeners.forEach(listener -> listener.accept(json));
    }
}
