package org.pmsevents.metrics.cluster;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.metrics.Counts;
import org.pmsevents.metrics.MetricsConfig;
import org.pmsevents.metrics.Steps;
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.identity.ReplicaName;

/**
 * The cluster's sums in Redis: a hash for each minute and each hour, to which every replica adds its counts, and a hash with the
 * last report of each replica. All keys expire. The braces in their names put them all on the same node of a Redis Cluster.
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class MetricsGateway {
    /** A batch whose answer was lost is sent again under its number, and is not added twice. */
    private static final String ADD = """
            if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[1]) then return 0 end
            for i = 4, #ARGV, 2 do redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1]) end
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[3])
            return 1
            """;

    /** Uses the clock of Redis, because the clocks of the replicas may differ. */
    private static final String REPORT = """
            local now = tonumber(redis.call('TIME')[1])
            redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
            local all = redis.call('HGETALL', KEYS[1])
            for i = 1, #all, 2 do
              local seen = tonumber(string.match(all[i + 1], '^%d+'))
              if not seen or now - seen > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[i]) end
            end
            redis.call('EXPIRE', KEYS[1], ARGV[3])
            return 1
            """;

    /** Longer than Redis may be unavailable while a batch waits to be sent again. */
    private static final Duration NUMBER_KEPT = Duration.ofDays(1);

    private final Redis redis;
    private final RedisConfig names;
    private final MetricsConfig config;
    private final Feed feed;
    private final String replica;

    public MetricsGateway(Redis redis, RedisConfig names, MetricsConfig config, Feed feed, ReplicaName replica) {
        this.redis = redis;
        this.names = names;
        this.config = config;
        this.feed = feed;
        this.replica = replica.value();
    }

    /** Counts to add to a step. The number of a batch is higher than those of the batches before it. */
    public record Batch(Steps.Window window, long step, Map<String, Long> fields, long number) {}

    /** Whether this replica knows the epoch under which the cluster counts; it does once it has reached PostgreSQL. */
    boolean knowsEpoch() {
        return !feed.id().isEmpty();
    }

    /** Adds a batch once, however often it is sent. Requires that the epoch is known. */
    public Uni<Void> add(Batch batch) {
        var kept = batch.window().step().multipliedBy(batch.window().steps() + 1L);
        var request = Request.cmd(Command.EVAL)
                .arg(ADD)
                .arg("2")
                .arg(key(batch.window(), batch.step()))
                .arg(key("added:" + replica))
                .arg(Long.toString(batch.number()))
                .arg(Long.toString(kept.toMillis()))
                .arg(Long.toString(NUMBER_KEPT.toMillis()));
        batch.fields().forEach((field, count) -> request.arg(field).arg(Long.toString(count)));
        return redis.send(request).replaceWithVoid();
    }

    /** Returns the sums of the steps; steps without sums are missing. */
    public Uni<Map<Long, Counts>> read(Steps.Window window, Collection<Long> steps) {
        var wanted = List.copyOf(steps);
        var requests = wanted.stream()
                .map(step -> Request.cmd(Command.HGETALL).arg(key(window, step)))
                .toList();
        return redis.batch(requests).map(answers -> {
            var sums = new TreeMap<Long, Counts>();
            for (int i = 0; i < wanted.size(); i++) {
                long step = wanted.get(i);
                counts(answers.get(i)).ifPresent(counts -> sums.put(step, counts));
            }
            return sums;
        });
    }

    /** Stores the report of this replica; it expires when the replica sends no further ones. */
    public Uni<Void> report(String json) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(REPORT)
                        .arg("1")
                        .arg(key("replicas"))
                        .arg(replica)
                        .arg(json)
                        .arg(Long.toString(Math.max(1, config.replicaGone().toSeconds()))))
                .replaceWithVoid();
    }

    /** Returns the last reports of all replicas. */
    public Uni<List<String>> reports() {
        return redis.send(Request.cmd(Command.HVALS).arg(key("replicas"))).map(answer -> {
            var reports = new ArrayList<String>();
            if (answer != null) {
                answer.forEach(report -> reports.add(
                        report.toString().substring(report.toString().indexOf(' ') + 1)));
            }
            return reports;
        });
    }

    /** Completes when Redis has answered. */
    public Uni<Void> ping() {
        return redis.send(Request.cmd(Command.PING)).replaceWithVoid();
    }

    private static Optional<Counts> counts(@Nullable Response answer) {
        if (answer == null || answer.size() == 0) {
            return Optional.empty();
        }
        var counts = new Counts();
        for (var field : answer.getKeys()) {
            counts.addField(field, answer.get(field).toLong());
        }
        return Optional.of(counts);
    }

    private String key(Steps.Window window, long step) {
        return key(window.wireName() + ":" + step);
    }

    /** The feed id keeps apart what a copy of the database counts. */
    private String key(String name) {
        return "{" + names.prefix() + ":metrics:" + feed.id() + "}:" + name;
    }
}
