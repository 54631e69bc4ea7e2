package org.pmsevents.alert;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;

/** Deletes old occurrences and keys without recent alerts, a bounded number per transaction. */
@ApplicationScoped
public class AlertCleanUp implements CleanUp {
    private static final int AT_ONCE = 1_000;

    private final AlertTable table;
    private final AdminConfig config;
    private final Pool pool;

    AlertCleanUp(AlertTable table, AdminConfig config, Pool pool) {
        this.table = table;
        this.config = config;
        this.pool = pool;
    }

    @RegisterForReflection
    public record Deleted(long rows) {}

    @Override
    public String name() {
        return "admin.clean-up";
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("37 3 * * *");
    }

    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        return batches(() -> table.forgetOccurrences(pool, config.remember(), AT_ONCE))
                .chain(occurrences -> batches(() -> table.forgetKeys(pool, config.remember(), AT_ONCE))
                        .map(keys -> new Deleted(occurrences + keys)));
    }

    private static Uni<Long> batches(Supplier<Uni<Integer>> delete) {
        return Uni.createFrom()
                .deferred(() -> delete.get())
                .repeat()
                .whilst(deleted -> deleted == AT_ONCE)
                .collect()
                .with(Collectors.summingLong(Integer::longValue));
    }
}
