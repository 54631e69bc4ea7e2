package org.pmsevents.cache;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;

/**
 * The cache that the replicas share. Every entry carries the version of what it holds: a write of an older version is refused by
 * Redis itself, and an invalidation leaves its version behind, so that a slow reader can't bring the old value back.
 *
 * <p>A key is a hash {@code v} (version) and {@code j} (JSON; absent once invalidated); what is neither is replaced. Times out fast, and stops trying for a
 * moment when Redis keeps failing.
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class RedisCache {
    private static final String PUT = """
            local held = redis.pcall('HGET', KEYS[1], 'v')
            if type(held) == 'table' then redis.call('DEL', KEYS[1]) held = false end
            if held and (tonumber(held) or 0) > tonumber(ARGV[1]) then return 0 end
            redis.call('HSET', KEYS[1], 'v', ARGV[1], 'j', ARGV[2])
            redis.call('PEXPIRE', KEYS[1], ARGV[3])
            return 1
            """;

    private static final String INVALIDATE = """
            local held = redis.pcall('HGET', KEYS[1], 'v')
            if type(held) == 'table' then redis.call('DEL', KEYS[1]) held = false end
            if held and (tonumber(held) or 0) >= tonumber(ARGV[1]) then return 0 end
            redis.call('HSET', KEYS[1], 'v', ARGV[1])
            redis.call('HDEL', KEYS[1], 'j')
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return 1
            """;

    private final Redis redis;
    private final CacheConfig config;

    RedisCache(Redis redis, CacheConfig config) {
        this.redis = redis;
        this.config = config;
    }

    public Uni<Optional<CacheEntry>> get(CacheKey key) {
        return redis.send(Request.cmd(Command.HMGET).arg(name(key)).arg("v").arg("j"))
                .map(held -> held == null || held.get(0) == null || held.get(1) == null
                        ? Optional.empty()
                        : Optional.of(
                                new CacheEntry(held.get(0).toLong(), held.get(1).toString())));
    }

    /** Stores the entry unless a newer version is known. */
    public Uni<Void> put(CacheKey key, CacheEntry entry) {
        return redis.send(script(PUT, key)
                        .arg(Long.toString(entry.version()))
                        .arg(entry.json())
                        .arg(Long.toString(expiryMillis())))
                .replaceWithVoid();
    }

    /** Removes what is older than the version, and keeps it from coming back. */
    public Uni<Void> invalidate(CacheKey key, long version) {
        return redis.send(script(INVALIDATE, key).arg(Long.toString(version)).arg(Long.toString(expiryMillis())))
                .replaceWithVoid();
    }

    private Request script(String script, CacheKey key) {
        return Request.cmd(Command.EVAL).arg(script).arg("1").arg(name(key));
    }

    private String name(CacheKey key) {
        return config.prefix() + ":" + key;
    }

    private long expiryMillis() {
        long millis = config.expiry().toMillis();
        return millis + ThreadLocalRandom.current().nextLong(-millis / 10, millis / 10 + 1);
    }
}
