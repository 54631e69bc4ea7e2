package org.pmsevents.event.transport;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.identity.ReplicaName;

/**
 * Publishes to the other replicas over Redis. This is the fast path: it may lose messages, and nothing relies on it. A failed publication
 * is counted and not retried.
 *
 * <p>A message is a header line, {@code feed|cluster|alert|ping} and the sender's name, followed by one event or alert per line.
 */
@ApplicationScoped
public class RedisPublisher {
    static final String FEED = "feed";
    static final String CLUSTER = "cluster";
    static final String ALERT = "alert";
    static final String PING = "ping";

    private static final Logger LOG = Logger.getLogger(RedisPublisher.class);
    private static final int MAX_MESSAGE_BYTES = 256 * 1024;
    private static final int MAX_IN_FLIGHT = 256;
    private static final int MAX_GATHERED = 10_000;
    private static final Duration TIMEOUT = Duration.ofMillis(500);

    private final Redis redis;
    private final RedisConfig config;
    private final Counter failures;
    private final Counter dropped;
    private final Map<String, Timer> published = new HashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final String replica;
    private final Vertx vertx;
    private List<String> gathered = new ArrayList<>();
    private volatile String epoch = "";
    private volatile String channel = "";
    private volatile boolean reachable = true;

    public RedisPublisher(Redis redis, RedisConfig config, ReplicaName replica, Vertx vertx, MeterRegistry meters) {
        this.redis = redis;
        this.vertx = vertx;
        this.config = config;
        this.replica = replica.value();
        this.failures = meters.counter("pms.redis.publish.failures");
        this.dropped = meters.counter("pms.redis.publish.dropped");
        meters.gauge("pms.redis.publish.in.flight", inFlight);
        for (var kind : List.of(FEED, CLUSTER, ALERT, PING)) {
            published.put(kind, meters.timer("pms.redis.publish", "kind", kind));
        }
    }

    /** Sets and returns the channel of a feed. Each database has its own channel, so that services can share a Redis. */
    public String open(UUID feedId) {
        epoch = feedId.toString();
        channel = config.prefix() + ":feed:" + feedId;
        return channel;
    }

    /** The feed id of the channel; empty before it is opened. */
    String epoch() {
        return epoch;
    }

    /** Sends FEED events, in as few messages as their size allows. Completes when Redis has accepted them or that has failed. */
    public Uni<Void> feed(List<FeedEvent> events) {
        return publishAll(FEED, events.stream().map(FeedEvent::json).toList());
    }

    /** Sends a CLUSTER event with those that follow in this turn of the event loop. Returns at once. */
    public void cluster(String event) {
        if (gather(event)) {
            vertx.runOnContext(
                    go -> publishAll(CLUSTER, takeGathered()).subscribe().with(sent -> {}));
        }
    }

    /** Whether it is the first. */
    private synchronized boolean gather(String event) {
        if (gathered.size() >= MAX_GATHERED) {
            dropped.increment();
            return false;
        }
        gathered.add(event);
        return gathered.size() == 1;
    }

    private synchronized List<String> takeGathered() {
        var events = gathered;
        gathered = new ArrayList<>();
        return events;
    }

    private Uni<Void> publishAll(String kind, List<String> lines) {
        var messages = new ArrayList<Uni<Void>>();
        var message = new StringBuilder();
        int bytes = 0;
        for (var line : lines) {
            int size = line.getBytes(StandardCharsets.UTF_8).length + 1;
            if (bytes > 0 && bytes + size > MAX_MESSAGE_BYTES) {
                messages.add(publish(kind, message.toString()));
                message.setLength(0);
                bytes = 0;
            }
            message.append('\n').append(line);
            bytes += size;
        }
        messages.add(publish(kind, message.toString()));
        return messages.size() == 1
                ? messages.get(0)
                : Uni.join().all(messages).andCollectFailures().replaceWithVoid();
    }

    Uni<Void> alert(String json) {
        return publish(ALERT, "\n" + json);
    }

    public Uni<Void> ping() {
        return publish(PING, "");
    }

    private Uni<Void> publish(String kind, String lines) {
        if (inFlight.incrementAndGet() > MAX_IN_FLIGHT) {
            inFlight.decrementAndGet();
            dropped.increment();
            return Uni.createFrom().voidItem();
        }
        long begun = System.nanoTime();
        var request = Request.cmd(Command.PUBLISH).arg(channel).arg(kind + " " + replica + lines);
        return redis.send(request)
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .invoke(() -> succeeded(kind, System.nanoTime() - begun))
                .onFailure()
                .invoke(this::failed)
                .onFailure()
                .recoverWithNull()
                .onTermination()
                .invoke(inFlight::decrementAndGet)
                .replaceWithVoid();
    }

    private void succeeded(String kind, long nanos) {
        Objects.requireNonNull(published.get(kind)).record(nanos, TimeUnit.NANOSECONDS);
        if (!reachable) {
            reachable = true;
            LOG.info("publishing to Redis works again");
        }
    }

    private void failed(Throwable failure) {
        failures.increment();
        if (reachable) {
            reachable = false;
            LOG.warnf("publishing to Redis fails, replicas read the feed from PostgreSQL: %s", failure.getMessage());
        }
    }
}
