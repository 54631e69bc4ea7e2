package org.pmsevents.cache.store;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.platform.config.RedisConfig;

/**
 * The cache that the replicas share (L2). Every entry carries its version and what it includes ({@link AsOf}). Redis itself refuses
 * the write of an older version. An invalidation leaves its version behind, so that a slow reader can't restore the old value.
 *
 * <p>A key is a hash {@code v} (version), {@code p} and {@code m} (what the value includes), {@code j} (JSON; absent once
 * invalidated). Anything else under the key is replaced. The name contains the feed id, because positions of different feeds can't
 * be compared. Each script touches one key only, as Redis Cluster requires. Calls have a short timeout and a circuit breaker.
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class RedisCache {
    private static final String PUT = """
            local stored = redis.pcall('HMGET', KEYS[1], 'v', 'p', 'm')
            if stored.err then redis.call('DEL', KEYS[1]) stored = {} end
            local v, p, m = tonumber(stored[1] or '') or -1, tonumber(stored[2] or '') or -1, tonumber(stored[3] or '') or -1
            local version, position, mark = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
            if v > version or (v == version and (p > position or m > mark)) then return 0 end
            redis.call('HSET', KEYS[1], 'v', ARGV[1], 'p', ARGV[2], 'm', ARGV[3], 'j', ARGV[4])
            redis.call('PEXPIRE', KEYS[1], ARGV[5])
            return 1
            """;

    private static final String INVALIDATE = """
            local stored = redis.pcall('HGET', KEYS[1], 'v')
            if type(stored) == 'table' then redis.call('DEL', KEYS[1]) stored = false end
            if stored and (tonumber(stored) or 0) >= tonumber(ARGV[1]) then return 0 end
            redis.call('HSET', KEYS[1], 'v', ARGV[1])
            redis.call('HDEL', KEYS[1], 'p', 'm', 'j')
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return 1
            """;

    private static final int ID_LENGTH = 8;

    /** How long it is remembered that something does not exist. */
    static final Duration NEGATIVE_EXPIRY = Duration.ofSeconds(30);

    private final Redis redis;
    private final Feed feed;
    private final RedisConfig names;
    private final CacheConfig config;

    RedisCache(Redis redis, Feed feed, RedisConfig names, CacheConfig config) {
        this.redis = redis;
        this.feed = feed;
        this.names = names;
        this.config = config;
    }

    /** An entry and what it includes. */
    public record Shared(CacheEntry entry, AsOf asOf) {}

    public Uni<Optional<Shared>> get(CacheKey key) {
        var epoch = feed.id();
        return redis.send(Request.cmd(Command.HMGET)
                        .arg(name(key, epoch))
                        .arg("v")
                        .arg("p")
                        .arg("m")
                        .arg("j"))
                .map(stored -> shared(stored, epoch));
    }

    private static Optional<Shared> shared(@Nullable Response stored, String epoch) {
        if (stored == null) {
            return Optional.empty();
        }
        for (int i = 0; i < 4; i++) {
            if (stored.get(i) == null) {
                return Optional.empty();
            }
        }
        return Optional.of(new Shared(
                new CacheEntry(stored.get(0).toLong(), stored.get(3).toString()),
                new AsOf(stored.get(1).toLong(), stored.get(2).toLong(), epoch)));
    }

    /** Stores the entry under the epoch in which it was read, unless Redis has a newer version, or one that includes more. */
    public Uni<Void> put(CacheKey key, CacheEntry entry, AsOf asOf) {
        var expiry = entry.isAbsent() ? NEGATIVE_EXPIRY : config.expiry();
        return redis.send(script(PUT, key, asOf.epoch())
                        .arg(Long.toString(entry.version()))
                        .arg(Long.toString(asOf.position()))
                        .arg(Long.toString(asOf.mark()))
                        .arg(entry.json())
                        .arg(Long.toString(spread(expiry))))
                .replaceWithVoid();
    }

    /** Removes older versions and prevents their return. */
    public Uni<Void> invalidate(CacheKey key, long version) {
        return redis.send(script(INVALIDATE, key, feed.id())
                        .arg(Long.toString(version))
                        .arg(Long.toString(spread(config.expiry()))))
                .replaceWithVoid();
    }

    private Request script(String script, CacheKey key, String epoch) {
        return Request.cmd(Command.EVAL).arg(script).arg("1").arg(name(key, epoch));
    }

    private String name(CacheKey key, String id) {
        return names.prefix() + ":cache:" + id.substring(0, Math.min(ID_LENGTH, id.length())) + ":" + key;
    }

    private static long spread(Duration expiry) {
        long millis = expiry.toMillis();
        return millis + ThreadLocalRandom.current().nextLong(-millis / 10, millis / 10 + 1);
    }
}
