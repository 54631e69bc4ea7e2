package org.pmsevents.queue.worker;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.pmsevents.platform.json.JsonText;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.JobTable;
import org.pmsevents.queue.QueueConfig;

/** Deletes finished jobs after their retention, a bounded number per transaction. */
@ApplicationScoped
public class CleanUpJobs implements CleanUp {
    private static final int AT_ONCE = 1_000;

    private final JobTable jobs;
    private final QueueConfig config;
    private final Pool pool;

    CleanUpJobs(JobTable jobs, QueueConfig config, Pool pool) {
        this.jobs = jobs;
        this.config = config;
        this.pool = pool;
    }

    /** How many jobs were deleted. */
    @RegisterForReflection
    public record Deleted(long jobs) {}

    @Override
    public String name() {
        return "queue.clean-up";
    }

    @Override
    public Duration timeout() {
        return Duration.ofMinutes(10);
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("17 * * * *");
    }

    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        var deleted = new AtomicLong(before(run));
        return delete(List.of(JobState.COMPLETED), config.keepCompleted(), deleted, run)
                .chain(() -> delete(List.of(JobState.CANCELLED, JobState.DISCARDED), config.keepFailed(), deleted, run))
                .map(done -> new Deleted(deleted.get()));
    }

    /** The number that earlier attempts of this job have deleted. */
    private static long before(JobRun run) {
        var checkpoint = run.checkpoint();
        return checkpoint == null ? 0 : JsonText.object(checkpoint).path("jobs").longValue();
    }

    private Uni<Void> delete(List<JobState> states, Duration age, AtomicLong deleted, JobRun run) {
        return Uni.createFrom()
                .deferred(() -> jobs.prune(pool, states, age, AT_ONCE))
                .invoke(count -> run.progress(deleted.addAndGet(count), deleted.get(), null))
                .call(() -> run.storeCheckpoint("{\"jobs\":" + deleted.get() + "}"))
                .repeat()
                .whilst(count -> count == AT_ONCE)
                .collect()
                .last()
                .replaceWithVoid();
    }
}
