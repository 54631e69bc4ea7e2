package org.pmsevents.inventory.level;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.pmsevents.platform.config.RedisConfig;

/**
 * The stock levels in Redis. Each SKU has a hash {@code pms-events:stock:SKU} with two fields for each location: the level under the name
 * of the location, and its version under {@code location#version}. No name of a location contains {@code #}.
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class StockLevelGateway {
    private static final String WRITE = """
            for i, key in ipairs(KEYS) do
              local location, level, version = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
              local stored = redis.pcall('HGET', key, location .. '#version')
              if type(stored) == 'table' then redis.call('DEL', key) stored = false end
              if not stored or tonumber(stored) < tonumber(version) then
                redis.call('HSET', key, location, level, location .. '#version', version)
              end
            end
            """;

    private static final String LEAD = """
            local leader = redis.call('GET', KEYS[1])
            if leader and leader ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return 1
            """;

    private static final String COMPLETE = """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[2], '1')
            return 1
            """;

    private final Redis redis;
    private final RedisConfig config;

    /** Whether one command may write several keys. Becomes false when Redis refuses that, as a Redis Cluster does. */
    private volatile boolean together = true;

    StockLevelGateway(Redis redis, RedisConfig config) {
        this.redis = redis;
        this.config = config;
    }

    /** Writes the levels that are newer than those in Redis; completes when Redis has stored all of them. */
    public Uni<Void> write(Collection<StockLevel> levels) {
        if (levels.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return together
                ? writeTogether(levels).onFailure(this::isAboutSlots).recoverWithUni(() -> writeEach(levels))
                : writeEach(levels);
    }

    private Uni<Void> writeEach(Collection<StockLevel> levels) {
        return Uni.join()
                .all(levels.stream().map(level -> writeTogether(List.of(level))).toList())
                .andFailFast()
                .replaceWithVoid();
    }

    private boolean isAboutSlots(Throwable failure) {
        together =
                !String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("slot");
        return !together;
    }

    /** Acquires or renews the lease to maintain the levels; returns whether this replica holds it. */
    public Uni<Boolean> lead(String replica, Duration lease) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(LEAD)
                        .arg("1")
                        .arg(key("leader"))
                        .arg(replica)
                        .arg(Long.toString(lease.toMillis())))
                .map(leads -> leads.toInteger() > 0);
    }

    /** Whether {@link #complete} was called since Redis was last emptied. */
    public Uni<Boolean> isComplete() {
        return redis.send(Request.cmd(Command.EXISTS).arg(key("complete"))).map(found -> found.toInteger() > 0);
    }

    /** Marks the levels as complete, unless the replica lost the lease, for example because Redis was emptied meanwhile. */
    public Uni<Void> complete(String replica) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(COMPLETE)
                        .arg("2")
                        .arg(key("leader"))
                        .arg(key("complete"))
                        .arg(replica))
                .replaceWithVoid();
    }

    private Uni<Void> writeTogether(Collection<StockLevel> levels) {
        var write = Request.cmd(Command.EVAL).arg(WRITE).arg(Integer.toString(levels.size()));
        levels.forEach(
                level -> write.arg(config.prefix() + ":stock:" + level.key().sku()));
        levels.forEach(level -> write.arg(level.key().location())
                .arg(Long.toString(level.onHand()))
                .arg(Long.toString(level.version())));
        return redis.send(write).replaceWithVoid();
    }

    /** No SKU contains a slash. The braces are a hash tag: they place both keys in the same slot of a Redis Cluster. */
    private String key(String name) {
        return config.prefix() + ":stock:{/}" + name;
    }
}
