package org.pmsevents.event.transport;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
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
 * Publishes to the other replicas over Redis: the fast path, which may lose messages and is never trusted, so a publication
 * that fails is counted and forgotten.
 *
 * <p>A message is a header line, {@code feed|cluster|alert|ping} and the sender's name, then one event or alert a line.
 */
@ApplicationScoped
public class RedisPublisher {
    static final String FEED = "feed";
    static final String CLUSTER = "cluster";
    static final String ALERT = "alert";
    static final String PING = "ping";

    private static final Logger LOG = Logger.getLogger(RedisPublisher.class);
    private static final int MESSAGE_BYTES = 256 * 1024;
    private static final int MOST_IN_FLIGHT = 256;
    private static final Duration TIMEOUT = Duration.ofMillis(500);

    private final Redis redis;
    private final RedisConfig config;
    private final Counter failures;
    private final Counter dropped;
    private final Map<String, Timer> published = new HashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final String replica;
    private volatile String channel = "";
    private volatile boolean reachable = true;

    RedisPublisher(Redis redis, RedisConfig config, ReplicaName replica, MeterRegistry meters) {
        this.redis = redis;
        this.config = config;
        this.replica = replica.value();
        this.failures = meters.counter("pms.redis.publish.failures");
        this.dropped = meters.counter("pms.redis.publish.dropped");
        meters.gauge("pms.redis.publish.in.flight", inFlight);
        for (var kind : List.of(FEED, CLUSTER, ALERT, PING)) {
            published.put(kind, meters.timer("pms.redis.publish", "kind", kind));
        }
    }

    /** The channel of a feed: services on different databases never hear each other, even if they share a Redis. */
    public String open(UUID feedId) {
        channel = config.prefix() + ":feed:" + feedId;
        return channel;
    }

    /** Sends events of the feed, in as few messages as their size allows; completes when Redis has them, or will not. */
    public Uni<Void> feed(List<FeedEvent> events) {
        var messages = new ArrayList<Uni<Void>>();
        var message = new StringBuilder();
        int bytes = 0;
        for (var event : events) {
            int size = event.json().getBytes(StandardCharsets.UTF_8).length + 1;
            if (bytes > 0 && bytes + size > MESSAGE_BYTES) {
                messages.add(publish(FEED, message.toString()));
                message.setLength(0);
                bytes = 0;
            }
            message.append('\n').append(event.json());
            bytes += size;
        }
        messages.add(publish(FEED, message.toString()));
        return messages.size() == 1
                ? messages.get(0)
                : Uni.join().all(messages).andCollectFailures().replaceWithVoid();
    }

    public Uni<Void> cluster(String event) {
        return publish(CLUSTER, "\n" + event);
    }

    Uni<Void> alert(String json) {
        return publish(ALERT, "\n" + json);
    }

    public Uni<Void> ping() {
        return publish(PING, "");
    }

    private Uni<Void> publish(String kind, String lines) {
        if (inFlight.incrementAndGet() > MOST_IN_FLIGHT) {
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
                .invoke(() -> wentWell(kind, System.nanoTime() - begun))
                .onFailure()
                .invoke(this::failed)
                .onFailure()
                .recoverWithNull()
                .onTermination()
                .invoke(inFlight::decrementAndGet)
                .replaceWithVoid();
    }

    private void wentWell(String kind, long nanos) {
        Objects.requireNonNull(published.get(kind)).record(nanos, TimeUnit.NANOSECONDS);
        if (!reachable) {
            reachable = true;
            LOG.info("Redis takes publications again");
        }
    }

    private void failed(Throwable failure) {
        failures.increment();
        if (reachable) {
            reachable = false;
            LOG.warnf(
                    "Redis does not take publications, replicas read the feed from PostgreSQL: %s",
                    failure.getMessage());
        }
    }
}
