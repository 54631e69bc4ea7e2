package org.pmsevents.queue;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.platform.json.Fields;

/**
 * A kind of job: a bean that runs its jobs. A job is run at least once. It is meant to run on one worker at a time, but a worker
 * may not know yet that it has lost the job. So work in PostgreSQL that must not be done twice begins its transaction with {@link
 * JobRun#fence}.
 *
 * @param <P> the payload, a record that Jackson writes
 */
public interface JobKind<P> {
    /** The name, such as {@code pms.sync}: lower-case letters, digits, dots and hyphens. */
    String name();

    /** Reads a payload strictly; adds what is wrong to the violations of the fields. */
    P read(Fields payload);

    /** The JSON Schema (2020-12) of the payloads that {@link #read} takes, as JSON text; for {@code GET /api/jobs/kinds}. */
    String payloadSchema();

    /**
     * Runs the job. Cancelled if the job is cancelled, takes longer than {@link #timeout}, or was claimed by another worker.
     *
     * @return the result, written as JSON; null for none. A failed job is retried, unless {@link JobFailure} says otherwise
     */
    Uni<?> run(P payload, JobRun run);

    /** Whether {@code POST /api/jobs} may create jobs of this kind. */
    default boolean callable() {
        return false;
    }

    /** How many jobs of this kind run at the same time on a replica. */
    default int concurrency() {
        return 4;
    }

    /** Time limit of one attempt. */
    default Duration timeout() {
        return Duration.ofSeconds(30);
    }

    default int maxAttempts() {
        return 20;
    }

    /** Pause before the second attempt. Doubled for each further one, with jitter, up to {@link #longestPause}. */
    default Duration firstPause() {
        return Duration.ofSeconds(1);
    }

    default Duration longestPause() {
        return Duration.ofMinutes(10);
    }

    /** A Unix cron expression in UTC for kinds that run periodically, with the payload {@code {}}. */
    default Optional<String> cron() {
        return Optional.empty();
    }
}
