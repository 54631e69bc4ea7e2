package org.pmsevents.http.limits;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.platform.config.RedisConfig;

/**
 * Counts the requests of a client for all replicas by the generic cell rate algorithm. Redis stores, by its own clock, when the
 * requests so far would have ended at the allowed rate (the theoretical arrival time of ITU-T I.371). Keys expire when a client
 * pauses, so there are only keys of recent clients. Their names have the feed id, so that a copy of the database counts for itself.
 */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class RateLimitGateway {
    /** Returns 0 if the request may pass, or the microseconds until one may. */
    private static final String TAKE = """
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
            local stored = redis.pcall('GET', KEYS[1])
            local due = type(stored) == 'string' and tonumber(stored) or now
            if due < now then due = now end
            local missing = due + interval - now - interval * burst
            if missing > 0 then return math.ceil(missing) end
            due = due + interval
            redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
            return 0
            """;

    private static final long MICROS = 1_000_000;

    private final Redis redis;
    private final RedisConfig config;
    private final Feed feed;

    RateLimitGateway(Redis redis, RedisConfig config, Feed feed) {
        this.redis = redis;
        this.feed = feed;
        this.config = config;
    }

    /** Returns the seconds that the client has to wait, rounded up; 0 if the request may pass. */
    public Uni<Integer> take(String client, int perSecond, int burst) {
        return redis.send(Request.cmd(Command.EVAL)
                        .arg(TAKE)
                        .arg("1")
                        .arg(config.prefix() + ":rate:" + feed.id() + ":" + client)
                        .arg(Double.toString((double) MICROS / perSecond))
                        .arg(Integer.toString(burst)))
                .map(missing -> (int) ((missing.toLong() + MICROS - 1) / MICROS));
    }
}
