package org.pmsevents.admin;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.pmsevents.json.Fields;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;

/** Forgets what was counted long ago, and the keys that nothing has been heard of since. */
@ApplicationScoped
public class AlertCleanUp implements JobKind<AlertCleanUp.Nothing> {
    private final AlertTable table;
    private final AdminConfig config;
    private final Pool pool;

    AlertCleanUp(AlertTable table, AdminConfig config, Pool pool) {
        this.table = table;
        this.config = config;
        this.pool = pool;
    }

    @RegisterForReflection
    public record Nothing() {}

    @RegisterForReflection
    public record Deleted(long rows) {}

    @Override
    public String name() {
        return "admin.clean-up";
    }

    @Override
    public Nothing read(Fields payload) {
        payload.only();
        return new Nothing();
    }

    @Override
    public boolean callable() {
        return true;
    }

    @Override
    public int concurrency() {
        return 1;
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("37 3 * * *");
    }

    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        return table.forget(pool, config.remember()).map(Deleted::new);
    }
}
