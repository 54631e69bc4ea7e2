package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collection;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;

/**
 * The stock levels in Redis: for each SKU a hash {@code pms-events:stock:SKU}, and in it for each location what is on hand under the
 * location's name, and the version of that under {@code location#version} ({@code #} is in no location's name).
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class StockLevelGateway {
    private static final String WRITE = """
            local held = redis.pcall('HGET', KEYS[1], ARGV[1] .. '#version')
            if type(held) == 'table' then redis.call('DEL', KEYS[1]) held = false end
            if held and tonumber(held) >= tonumber(ARGV[3]) then return 0 end
            redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], ARGV[1] .. '#version', ARGV[3])
            return 1
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
    private final InventoryConfig config;

    StockLevelGateway(Redis redis, InventoryConfig config) {
        this.redis = redis;
        this.config = config;
    }

    /** Writes what is newer than what Redis has; completes when Redis has all of it. */
    public Uni<Void> write(Collection<StockLevel> levels) {
        return levels.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.join()
                        .all(levels.stream().map(this::write).toList())
                        .andFailFast()
                        .replaceWithVoid();
    }

    /** Whether this replica is the one that looks after the levels, for the next moment; others are not. */
    public Uni<Boolean> lead(String replica, Duration lease) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(LEAD)
                        .arg("1")
                        .arg(key("leader"))
                        .arg(replica)
                        .arg(Long.toString(lease.toMillis())))
                .map(leads -> leads.toInteger() > 0);
    }

    /** Whether Redis has all levels, as far as it has been told by {@link #complete}; not, once it has been emptied. */
    public Uni<Boolean> isComplete() {
        return redis.send(Request.cmd(Command.EXISTS).arg(key("complete"))).map(found -> found.toInteger() > 0);
    }

    /** Says that all levels have been written, unless the replica no longer leads, as after Redis was emptied meanwhile. */
    public Uni<Void> complete(String replica) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(COMPLETE)
                        .arg("2")
                        .arg(key("leader"))
                        .arg(key("complete"))
                        .arg(replica))
                .replaceWithVoid();
    }

    private Uni<Void> write(StockLevel level) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(WRITE)
                        .arg("1")
                        .arg(config.redisPrefix() + ":" + level.key().sku())
                        .arg(level.key().location())
                        .arg(Long.toString(level.onHand()))
                        .arg(Long.toString(level.version())))
                .replaceWithVoid();
    }

    /** No SKU has a slash in it. The braces have both keys lie on the same server of a Redis Cluster. */
    private String key(String name) {
        return config.redisPrefix() + ":{/}" + name;
    }
}
