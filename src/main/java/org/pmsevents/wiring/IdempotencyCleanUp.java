package org.pmsevents.wiring;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;

/** Deletes expired idempotency keys, in bounded batches. It is in this room because {@code http} does not use jobs. */
@ApplicationScoped
public class IdempotencyCleanUp implements CleanUp {
    private static final int BATCH = 5_000;

    private final Idempotency idempotency;

    IdempotencyCleanUp(Idempotency idempotency) {
        this.idempotency = idempotency;
    }

    @RegisterForReflection
    public record Deleted(long rows) {}

    @Override
    public String name() {
        return "idempotency.clean-up";
    }

    @Override
    public Duration timeout() {
        return Duration.ofMinutes(10);
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("3-59/10 * * * *");
    }

    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        return CleanUp.inBatches(BATCH, () -> idempotency.prune(BATCH)).map(Deleted::new);
    }
}
