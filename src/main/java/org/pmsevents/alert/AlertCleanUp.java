package org.pmsevents.alert;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;

/** Deletes old occurrences and keys without recent alerts, a bounded number per transaction. */
@ApplicationScoped
public class AlertCleanUp implements CleanUp {
    private static final int AT_ONCE = 1_000;
    /** How long counted occurrences are stored: longer than events, whose replay would otherwise count them again. */
    private static final Duration RETENTION = Duration.ofDays(40);

    private final AlertTable table;
    private final Pool pool;

    AlertCleanUp(AlertTable table, Pool pool) {
        this.table = table;
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
        return CleanUp.inBatches(AT_ONCE, () -> table.forgetOccurrences(pool, RETENTION, AT_ONCE))
                .chain(occurrences -> CleanUp.inBatches(
                                AT_ONCE, () -> table.forgetKeys(pool, RETENTION, AT_ONCE))
                        .map(keys -> new Deleted(occurrences + keys)));
    }
}
