package org.pmsevents.faults;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.websocket.FeedClient;
import org.pmsevents.http.security.Tokens;

/** A subscriber of all of the feed that resumes where it was; keeps what it was told since the last check, and every fault of that. */
final class Follower implements AutoCloseable {
    private final String name;
    private final FeedClient client;
    private final Map<Long, String> told = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    private final Set<String> epochs = new TreeSet<>();
    /** The last event; null after a reset, which tells where it goes on. */
    private @Nullable Long last;

    /** Up to where it was asked what it was told; null after a reset. */
    private @Nullable Long taken;

    private long events;
    private int resets;

    Follower(String name, List<URI> replicas, long after) {
        this.name = name;
        this.last = after;
        this.taken = after;
        this.client = FeedClient.of(replicas.stream()
                        .map(replica -> URI.create(replica.toString().replaceFirst("^http", "ws") + "/ws?batch=true"))
                        .toList())
                .token(() -> Tokens.of("follower", "viewer"))
                .heartbeat(Ground.HEARTBEAT)
                .pauses(Duration.ofMillis(100), Duration.ofSeconds(1))
                .topics("product.*", "inventory.*")
                .after(after)
                .onReset(this::reset)
                .start(this::take);
    }

    private synchronized void take(JsonNode event) {
        long position = event.at("/metadata/position").longValue();
        if (last != null && position != last + 1) {
            faults.add("position " + position + " after " + last);
        }
        last = position;
        told.put(position, event.at("/metadata/id").asText());
        events++;
    }

    private synchronized void reset(JsonNode frame) {
        resets++;
        epochs.add(frame.path("epoch").asText());
        last = null;
        taken = null;
        told.clear();
    }

    /** Whether it is connected and has been told of everything up to a position. */
    boolean isAt(long position) {
        var at = client.position();
        return client.whyGivenUp() == null && at != null && at >= position;
    }

    @Nullable
    Long position() {
        return client.position();
    }

    /**
     * What it was told.
     *
     * @param from the first position that it had to be told; null if it was told nothing since a reset
     * @param ids of the events by their positions
     */
    record Told(@Nullable Long from, Map<Long, String> ids) {}

    /** What it was told since the last call, or since the last reset. */
    synchronized Told takeTold() {
        var ids = new LinkedHashMap<>(told);
        told.clear();
        var first = ids.isEmpty() ? null : ids.keySet().iterator().next();
        var from = taken == null ? first : Long.valueOf(taken + 1);
        taken = client.position();
        return new Told(from, ids);
    }

    synchronized List<String> faults() {
        var all = new ArrayList<>(faults);
        var why = client.whyGivenUp();
        if (why != null) {
            all.add("has given up: " + why);
        }
        return all;
    }

    /** The epochs that resets have told. */
    synchronized Set<String> epochs() {
        return Set.copyOf(epochs);
    }

    synchronized long events() {
        return events;
    }

    synchronized int resets() {
        return resets;
    }

    /** How often it has had to connect again. */
    int resumed() {
        return Math.max(0, client.subscriptions() - 1);
    }

    @Override
    public String toString() {
        return name;
    }

    @Override
    public void close() {
        client.close();
    }
}
