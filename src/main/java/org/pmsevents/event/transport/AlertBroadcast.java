package org.pmsevents.event.transport;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * Carries alerts that have left to whoever shows them live, on every replica, at most once. It is part of the transport because an alert
 * is no event: it has neither a type nor a position, and shares with events only the Redis channel.
 */
@ApplicationScoped
public class AlertBroadcast {
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    private final RedisPublisher redisPublisher;

    AlertBroadcast(RedisPublisher redisPublisher) {
        this.redisPublisher = redisPublisher;
    }

    /** Registers who shows alerts, each as one line of JSON. */
    public void register(Consumer<String> listener) {
        listeners.add(listener);
    }

    /** Sends an alert to the listeners of all replicas; completes, never with a failure, when Redis has it, or will not. */
    public Uni<Void> send(String json) {
        received(json);
        return redisPublisher.alert(json);
    }

    void received(String json) {
        listeners.forEach(listener -> listener.accept(json));
    }
}
