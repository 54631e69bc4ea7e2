package org.pmsevents.event.transport;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Carries alerts that have left to whoever shows them live, on every replica, at most once: an alert is no event, and no type of one. */
@ApplicationScoped
public class AlertBroadcast {
    private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
    private final RedisPublisher redisPublisher;

    AlertBroadcast(RedisPublisher redisPublisher) {
        this.redisPublisher = redisPublisher;
    }

    /** Registers who shows alerts, as one line of JSON. */
    public void listen(Consumer<String> listener) {
        listeners.add(listener);
    }

    /** Completes, never with a failure, when this replica's listeners have it and Redis has, or will not. */
    public Uni<Void> tell(String json) {
        heard(json);
        return redisPublisher.alert(json);
    }

    void heard(String json) {
        listeners.forEach(listener -> listener.accept(json));
    }
}
