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
 * of the location, and its version under {@code location#version}; the feed id under {@code #feed} says in which epoch they were written.
 * No name of a location contains {@code #}.
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class StockLevelGateway {
    private static final String WRITE = """
            for i, key in ipairs(KEYS) do
              local of = redis.pcall('HGET', key, '#feed')
              if type(of) == 'table' or of and of ~= ARGV[#ARGV] then redis.call('DEL', key) of = false end
              if not of then redis.call('HSET', key, '#feed', ARGV[#ARGV]) end
              local location, level, version = ARGV[3 * i - 2], ARGV[3 * i - 1], ARGV[3 * i]
              local stored = redis.pcall('HGET', key, location .. '#version')
              if type(stored) == 'table' then redis.call('DEL', key) stored = false end
              if not stored or tonumber(stored) < tonumber(version) then
                redis.call('HSET', key, location, level, location .. '#version', version)
              end
            end
            """;

    private static final String CLAIM = """
            local owner = redis.call('GET', KEYS[1])
            if owner and owner ~= ARGV[1] and owner ~= ARGV[2] then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
            return 1
            """;

    private static final String HAND_OVER = """
            if redis.call('GET', KEYS[2]) == ARGV[3] then redis.call('DEL', KEYS[2]) end
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            return redis.call('PEXPIRE', KEYS[1], ARGV[2])
            """;

    private static final String LEAD = """
            local leader = redis.call('GET', KEYS[1])
            if leader and leader ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
            return leader and 2 or 1
            """;

    private static final String COMPLETE = """
            if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
            redis.call('SET', KEYS[2], ARGV[2])
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

    /**
     * Claims the levels for a feed, or renews the claim; returns whether the feed has it. Another database with the same prefix has it
     * until it has not renewed it for the given time.
     *
     * @param previousId the feed id whose claim passes to this feed; may be empty
     */
    public Uni<Boolean> claim(String feedId, String previousId, Duration time) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(CLAIM)
                        .arg("1")
                        .arg(key("owner"))
                        .arg(feedId)
                        .arg(previousId)
                        .arg(Long.toString(time.toMillis())))
                .map(claimed -> claimed.toInteger() > 0);
    }

    /** Ends the lease of a replica, and lets the claim of its feed end after the given time unless another replica renews it. */
    public Uni<Void> handOver(String replica, String feedId, Duration time) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(HAND_OVER)
                        .arg("2")
                        .arg(key("owner"))
                        .arg(leader(feedId))
                        .arg(feedId)
                        .arg(Long.toString(time.toMillis()))
                        .arg(replica))
                .replaceWithVoid();
    }

    /** Writes the levels that are newer than those in Redis, or of another epoch; completes when Redis has stored all of them. */
    public Uni<Void> write(String feedId, Collection<StockLevel> levels) {
        if (levels.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return together
                ? writeTogether(feedId, levels)
                        .onFailure(this::isAboutSlots)
                        .recoverWithUni(() -> writeEach(feedId, levels))
                : writeEach(feedId, levels);
    }

    private Uni<Void> writeEach(String feedId, Collection<StockLevel> levels) {
        return Uni.join()
                .all(levels.stream()
                        .map(level -> writeTogether(feedId, List.of(level)))
                        .toList())
                .andFailFast()
                .replaceWithVoid();
    }

    private boolean isAboutSlots(Throwable failure) {
        together =
                !String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT).contains("slot");
        return !together;
    }

    /** The lease to maintain the levels: held by another replica, acquired just now, or held before and renewed. */
    public enum Lease {
        ANOTHERS,
        ACQUIRED,
        RENEWED
    }

    /** Acquires or renews the lease to maintain the levels for a feed. It is acquired anew after Redis was emptied. */
    public Uni<Lease> lead(String replica, String feedId, Duration lease) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(LEAD)
                        .arg("1")
                        .arg(leader(feedId))
                        .arg(replica)
                        .arg(Long.toString(lease.toMillis())))
                .map(held -> Lease.values()[held.toInteger()]);
    }

    /** Whether {@link #complete} was called for this feed since Redis was last emptied. */
    public Uni<Boolean> isComplete(String feedId) {
        return redis.send(Request.cmd(Command.GET).arg(key("complete")))
                .map(found -> found != null && feedId.equals(found.toString()));
    }

    /** Marks the levels as complete, unless the replica lost the lease, for example because Redis was emptied meanwhile. */
    public Uni<Void> complete(String replica, String feedId) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(COMPLETE)
                        .arg("2")
                        .arg(leader(feedId))
                        .arg(key("complete"))
                        .arg(replica)
                        .arg(feedId))
                .replaceWithVoid();
    }

    private Uni<Void> writeTogether(String feedId, Collection<StockLevel> levels) {
        var write = Request.cmd(Command.EVAL).arg(WRITE).arg(Integer.toString(levels.size()));
        levels.forEach(
                level -> write.arg(config.prefix() + ":stock:" + level.key().sku()));
        levels.forEach(level -> write.arg(level.key().location())
                .arg(Long.toString(level.onHand()))
                .arg(Long.toString(level.version())));
        return redis.send(write.arg(feedId)).replaceWithVoid();
    }

    private String leader(String feedId) {
        return key("leader:" + feedId);
    }

    /** No SKU contains a slash. The braces are a hash tag: they place these keys in the same slot of a Redis Cluster. */
    private String key(String name) {
        return config.prefix() + ":stock:{/}" + name;
    }
}
