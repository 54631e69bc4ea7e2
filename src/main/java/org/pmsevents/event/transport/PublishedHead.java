package org.pmsevents.event.transport;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.periodic.Coalescer;

/**
 * The highest position of each epoch that was published, in Redis: what is known of the feed outside of PostgreSQL. It shows a replica that
 * starts whether the database has gone back. Best effort: Redis may have lost it, or an earlier position.
 */
@ApplicationScoped
public class PublishedHead {
    private static final Logger LOG = Logger.getLogger(PublishedHead.class);
    private static final Duration TIMEOUT = Duration.ofMillis(500);
    private static final Duration EXPIRY = Duration.ofDays(30);

    private static final String RAISE = """
            local stored = redis.call('GET', KEYS[1])
            local position = stored and tonumber(string.match(stored, '^%d+')) or -1
            if position < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3]) end
            return 1
            """;

    private final Redis redis;
    private final RedisConfig config;
    private final AtomicReference<@Nullable Head> next = new AtomicReference<>();
    private final Coalescer writes;

    private record Head(String epoch, long position, UUID event) {}

    PublishedHead(Redis redis, RedisConfig config) {
        this.redis = redis;
        this.config = config;
        this.writes = new Coalescer(
                this::write,
                failure -> LOG.debugf("the published head is not stored in Redis: %s", failure.toString()),
                Runnable::run);
    }

    /** Stores the position soon, unless a higher one is stored. Never fails. */
    void reached(FeedEvent last, String epoch) {
        next.set(new Head(epoch, last.position(), last.message().metadata().id()));
        writes.demand();
    }

    /** Reads the last event published in an epoch; empty if Redis does not know it or does not respond. Never fails. */
    public Uni<Optional<EventTable.Known>> read(UUID feedId) {
        return redis.send(Request.cmd(Command.GET).arg(key(feedId.toString())))
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .map(stored -> stored == null ? Optional.<EventTable.Known>empty() : parse(stored.toString()))
                .onFailure()
                .invoke(failure -> LOG.debugf("the published head is not known: %s", failure.toString()))
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    private static Optional<EventTable.Known> parse(String stored) {
        var parts = stored.split(" ", 2);
        return Optional.of(new EventTable.Known(List.of(Long.valueOf(parts[0])), List.of(UUID.fromString(parts[1]))));
    }

    private Uni<Boolean> write() {
        var head = next.getAndSet(null);
        return head == null
                ? Uni.createFrom().item(false)
                : redis.send(Request.cmd(Command.EVAL)
                                .arg(RAISE)
                                .arg("1")
                                .arg(key(head.epoch()))
                                .arg(Long.toString(head.position()))
                                .arg(head.event().toString())
                                .arg(Long.toString(EXPIRY.toMillis())))
                        .ifNoItem()
                        .after(TIMEOUT)
                        .fail()
                        .replaceWith(false);
    }

    private String key(String epoch) {
        return config.prefix() + ":feed:" + epoch + ":head";
    }
}
