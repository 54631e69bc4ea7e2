package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
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
            local held = redis.call('HGET', KEYS[1], ARGV[1] .. '#version')
            if held and tonumber(held) >= tonumber(ARGV[3]) then return 0 end
            redis.call('HSET', KEYS[1], ARGV[1], ARGV[2], ARGV[1] .. '#version', ARGV[3])
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

    /** Whether Redis has all levels, as far as it has been told by {@link #complete}; not, once it has been emptied. */
    public Uni<Boolean> isComplete() {
        return redis.send(Request.cmd(Command.EXISTS).arg(completeKey())).map(found -> found.toInteger() > 0);
    }

    public Uni<Void> complete() {
        return redis.send(Request.cmd(Command.SET).arg(completeKey()).arg("1")).replaceWithVoid();
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

    /** Two slashes can't be in a SKU. */
    private String completeKey() {
        return config.redisPrefix() + "://complete";
    }
}
