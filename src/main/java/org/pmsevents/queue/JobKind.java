package org.pmsevents.queue;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.platform.json.Fields;

/**
 * A kind of job: a bean that knows what its jobs are to do. A job is run at least once, by one worker at a time as far as anybody can
 * tell; work in PostgreSQL that must not be done twice begins its transaction with {@link JobRun#fence}.
 *
 * @param <P> the payload, a record that Jackson writes
 */
public interface JobKind<P> {
    /** Such as {@code pms.sync}: lower-case letters, digits, dots and hyphens. */
    String name();

    /** Reads a payload strictly; what is wrong is added to the fields' violations. */
    P read(Fields payload);

    /**
     * Does the work. Cancelled if the job is, if it takes longer than {@link #timeout}, or if another worker has taken it over.
     *
     * @return the result, written as JSON; null for none. A failure is tried again later; {@link JobFailure} says otherwise
     */
    Uni<?> run(P payload, JobRun run);

    /** Whether {@code POST /api/jobs} may create one. */
    default boolean callable() {
        return false;
    }

    /** How many run at the same time on a replica. */
    default int concurrency() {
        return 4;
    }

    /** Of one attempt. */
    default Duration timeout() {
        return Duration.ofSeconds(30);
    }

    default int maxAttempts() {
        return 20;
    }

    /** Before the second attempt; doubled for each further one, with jitter, up to {@link #longestPause}. */
    default Duration firstPause() {
        return Duration.ofSeconds(1);
    }

    default Duration longestPause() {
        return Duration.ofMinutes(10);
    }

    /** A Unix cron expression in UTC, for kinds that run by themselves: with the payload {@code {}}. */
    default Optional<String> cron() {
        return Optional.empty();
    }
}
