package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.pmsevents.delivery.websocket.FeedClient;

/** Somebody who follows the day over WebSocket and keeps everything; a restless one loses its connection again and again. */
final class Listener implements AutoCloseable {
    private final List<JsonNode> told = Collections.synchronizedList(new ArrayList<>());
    private final FeedClient client;
    private final int dropEvery;

    private Listener(URI replica, String query, String token, long after, int dropEvery) {
        this.dropEvery = dropEvery;
        this.client = FeedClient.of(List.of(URI.create(replica.toString().replaceFirst("^http", "ws") + "/ws" + query)))
                .token(() -> token)
                .topics("product.*", "inventory.*")
                .after(after);
        client.start(this::take);
    }

    static Listener steady(URI replica, String token, long after) {
        return new Listener(replica, "", token, after, Integer.MAX_VALUE);
    }

    /** Takes its events in batches, and drops the connection after so many of them. */
    static Listener restless(URI replica, String token, long after, int dropEvery) {
        return new Listener(replica, "?batch=true", token, after, dropEvery);
    }

    private void take(JsonNode event) {
        told.add(event);
        if (told.size() % dropEvery == 0) {
            client.drop();
        }
    }

    boolean isSubscribed() {
        return client.subscriptions() > 0;
    }

    /** How often it has lost its connection and come back. */
    int resumed() {
        return client.subscriptions() - 1;
    }

    /** What it was told, in that order. */
    List<JsonNode> told() {
        synchronized (told) {
            return List.copyOf(told);
        }
    }

    /** Whether it has been told everything up to a position, or can't be told any more. */
    boolean isPast(long position) {
        return client.whyGivenUp() != null || client.position() >= position;
    }

    @Override
    public void close() {
        client.close();
    }
}
