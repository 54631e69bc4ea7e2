package org.pmsevents.cache.flow;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.version.CacheNoticeTable;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;

/** Deletes notices that are older than any entry can be, and the counts of the least read keys. */
@ApplicationScoped
public class CacheCleanUp implements CleanUp {
    private static final Duration AT_LEAST = Duration.ofHours(1);
    /** How many keys are stored in PostgreSQL with their counts. */
    private static final int STORED_KEYS = 10_000;

    private final CacheNoticeTable notices;
    private final HotKeyTable keys;
    private final CacheConfig config;
    private final Pool pool;

    CacheCleanUp(CacheNoticeTable notices, HotKeyTable keys, CacheConfig config, Pool pool) {
        this.notices = notices;
        this.keys = keys;
        this.config = config;
        this.pool = pool;
    }

    @RegisterForReflection
    public record Deleted(long notices, long keys) {}

    @Override
    public String name() {
        return "cache.clean-up";
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("*/10 * * * *");
    }

    /** An entry in Redis lives for at most its time to live; a replica that starts must find all notices since then. */
    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        var twice = config.expiry().multipliedBy(2);
        return notices.forget(pool, twice.compareTo(AT_LEAST) > 0 ? twice : AT_LEAST)
                .chain(deleted -> keys.forget(pool, HotKeys.HALF_LIFE, STORED_KEYS)
                        .map(forgotten -> new Deleted(deleted, forgotten)));
    }
}
