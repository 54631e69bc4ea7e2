package org.pmsevents.event.transport;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.RedisConnection;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.feed.Dispatcher;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.platform.identity.ReplicaName;
import org.pmsevents.platform.periodic.Throttle;

/**
 * Receives what the replicas publish in Redis. A subscription that receives nothing for 4 s, not even this replica's own pings, counts as
 * dead and is renewed, even if its socket is open.
 */
@ApplicationScoped
public class RedisSubscriber {
    private static final Logger LOG = Logger.getLogger(RedisSubscriber.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final Duration MAX_SILENCE = Duration.ofSeconds(4);

    private final Redis redis;
    private final ReplicaName replica;
    private final EventCodec codec;
    private final Feed feed;
    private final EventProgress progress;
    private final Dispatcher dispatcher;
    private final AlertBroadcast alerts;
    private final Throttle warnings;
    private final Map<String, Counter> received = new HashMap<>();

    private volatile @Nullable RedisConnection connection;
    private volatile String channel = "";
    private volatile boolean connecting;
    private volatile long lastReceivedAt = System.nanoTime() - MAX_SILENCE.toNanos() - 1;

    RedisSubscriber(
            Redis redis,
            ReplicaName replica,
            EventCodec codec,
            Feed feed,
            EventProgress progress,
            Dispatcher dispatcher,
            AlertBroadcast alerts,
            MeterRegistry meters) {
        this.redis = redis;
        this.replica = replica;
        this.codec = codec;
        this.feed = feed;
        this.progress = progress;
        this.dispatcher = dispatcher;
        this.alerts = alerts;
        this.warnings = new Throttle(Duration.ofSeconds(30));
        for (var kind :
                List.of(RedisPublisher.FEED, RedisPublisher.CLUSTER, RedisPublisher.ALERT, RedisPublisher.PING)) {
            received.put(kind, meters.counter("pms.redis.received", "kind", kind));
        }
        meters.gauge("pms.redis.subscribed", this, subscriber -> subscriber.hears() ? 1 : 0);
    }

    /** Subscribes to the channel. Completes when that has succeeded or failed; never fails. */
    public Uni<Void> subscribe(String channel) {
        connecting = true;
        this.channel = channel;
        var opening = redis.connect().memoize().indefinitely();
        return opening.chain(opened -> {
                    opened.handler(this::onPush);
                    opened.exceptionHandler(failure -> lost(opened, failure.toString()));
                    opened.endHandler(() -> lost(opened, "the connection was closed"));
                    connection = opened;
                    return opened.send(Request.cmd(Command.SUBSCRIBE).arg(channel));
                })
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .invoke(() -> {
                    lastReceivedAt = System.nanoTime();
                    LOG.debugf("subscribed to %s", channel);
                })
                .onFailure()
                .invoke(failure -> {
                    if (warnings.admits("subscribe")) {
                        LOG.warnf("cannot subscribe to the other replicas over Redis: %s", failure.toString());
                    }
                    close();
                    closeIfLate(opening);
                })
                .onTermination()
                .invoke(() -> connecting = false)
                .onFailure()
                .recoverWithNull()
                .replaceWithVoid();
    }

    /** Whether the subscription is open and has received something in the last 4 s. */
    public boolean hears() {
        return connection != null && !silent();
    }

    private boolean silent() {
        return System.nanoTime() - lastReceivedAt > MAX_SILENCE.toNanos();
    }

    /** Renews the subscription if it is lost or silent. */
    public void check(String channel) {
        if (connecting || hears()) {
            return;
        }
        close();
        subscribe(channel)
                .subscribe()
                .with(done -> {}, failure -> LOG.error("renewing the subscription failed", failure));
    }

    public void close() {
        var old = connection;
        connection = null;
        if (old != null) {
            close(old);
        }
    }

    private static void close(RedisConnection old) {
        old.close().subscribe().with(closed -> {}, failure -> LOG.debug("closing a subscription failed", failure));
    }

    /** Closes a connection that opens after the timeout, which would otherwise stay open unused. */
    private void closeIfLate(Uni<RedisConnection> opening) {
        opening.subscribe()
                .with(
                        late -> {
                            if (connection != late) {
                                late.close().subscribe().with(closed -> {}, failure -> {});
                            }
                        },
                        failure -> {});
    }

    private void lost(RedisConnection which, String why) {
        if (connection == which) {
            connection = null;
            // in a Redis Cluster the connections to the other nodes are still open
            close(which);
            LOG.warnf("lost the Redis subscription, reading the feed from PostgreSQL: %s", why);
        }
    }

    private void onPush(Response push) {
        boolean pushed = push.type() == ResponseType.PUSH || push.type() == ResponseType.MULTI;
        if (!pushed || push.size() < 3 || !"message".equals(push.get(0).toString())) {
            return;
        }
        lastReceivedAt = System.nanoTime();
        try {
            message(push.get(1).toString(), push.get(2).toString());
        } catch (RuntimeException e) {
            LOG.warnf("cannot decode a Redis message: %s", e.getMessage());
        }
    }

    private void message(String from, String text) {
        if (!from.equals(channel)) {
            return;
        }
        int end = text.indexOf('\n');
        var header = (end < 0 ? text : text.substring(0, end)).split(" ", -1);
        var counter = received.get(header[0]);
        if (counter != null) {
            counter.increment();
        }
        if (header.length < 2 || header[1].equals(replica.value())) {
            return;
        }
        var lines = text.split("\n", -1);
        switch (header[0]) {
            case RedisPublisher.FEED -> {
                var events = events(lines);
                progress.markPublished(events);
                feed.offer(from.substring(from.lastIndexOf(':') + 1), events);
            }
            case RedisPublisher.CLUSTER -> {
                for (int i = 1; i < lines.length; i++) {
                    announce(lines[i]);
                }
            }
            case RedisPublisher.ALERT -> Arrays.stream(lines).skip(1).forEach(alerts::received);
            default -> {}
        }
    }

    /** What another version announces may be unknown here, which concerns none of the others. */
    private void announce(String line) {
        try {
            dispatcher.announce(codec.decode(line));
        } catch (RuntimeException e) {
            LOG.warnf("cannot decode an announcement: %s", e.getMessage());
        }
    }

    private List<FeedEvent> events(String[] lines) {
        var events = new ArrayList<FeedEvent>(lines.length - 1);
        for (int i = 1; i < lines.length; i++) {
            var event = codec.decode(lines[i]);
            var position = event.metadata().position();
            if (position != null) {
                events.add(new FeedEvent(position, event, lines[i]));
            }
        }
        return events;
    }
}
