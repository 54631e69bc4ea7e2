package org.pmsevents.queue.worker;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;

/**
 * Changes nothing. Shows an operator that jobs are run, announced and cancelled: takes a number of steps of a given length, after
 * failing a given number of times.
 */
@ApplicationScoped
public class ProbeJob implements JobKind<ProbeJob.Probe> {
    private static final int MOST_STEPS = 1_000;
    private static final int LONGEST_STEP_MILLIS = 10_000;
    private static final int MOST_FAILURES = 1_000;

    private static final String SCHEMA = """
            {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "steps": {"type": ["integer", "null"], "minimum": 0, "maximum": %d, "default": 1, "description": "Number of steps."},
                "stepMillis": {"type": ["integer", "null"], "minimum": 0, "maximum": %d, "default": 0, "description": "Duration of each step."},
                "failures": {"type": ["integer", "null"], "minimum": 0, "maximum": %d, "default": 0, "description": "Number of attempts that fail."}
              }
            }
            """.formatted(MOST_STEPS, LONGEST_STEP_MILLIS, MOST_FAILURES);

    /**
     * @param steps number of steps
     * @param stepMillis duration of each step
     * @param failures number of attempts that fail, each after all its steps
     */
    @RegisterForReflection
    public record Probe(int steps, int stepMillis, int failures) {}

    /** The attempt that has completed the job. */
    @RegisterForReflection
    public record Done(int attempt, long token) {}

    @Override
    public String name() {
        return "queue.probe";
    }

    @Override
    public Probe read(Fields payload) {
        payload.only("steps", "stepMillis", "failures");
        return new Probe(
                (int) or(payload.optionalInteger("steps", 0, MOST_STEPS), 1),
                (int) or(payload.optionalInteger("stepMillis", 0, LONGEST_STEP_MILLIS), 0),
                (int) or(payload.optionalInteger("failures", 0, MOST_FAILURES), 0));
    }

    @Override
    public String payloadSchema() {
        return SCHEMA;
    }

    @Override
    public boolean callable() {
        return true;
    }

    @Override
    public int concurrency() {
        return 128;
    }

    @Override
    public Duration timeout() {
        return Duration.ofMinutes(10);
    }

    @Override
    public Duration firstPause() {
        return Duration.ofMillis(100);
    }

    @Override
    public Uni<?> run(Probe probe, JobRun run) {
        return step(probe, run, 0).map(done -> {
            if (run.attempt() <= probe.failures()) {
                throw new IllegalStateException("was asked to fail " + probe.failures() + " times");
            }
            return new Done(run.attempt(), run.token());
        });
    }

    private static Uni<Void> step(Probe probe, JobRun run, int done) {
        if (probe.stepMillis() > 0) {
            run.progress(done, probe.steps(), null);
        }
        if (done >= probe.steps() || probe.stepMillis() == 0) {
            return Uni.createFrom().voidItem();
        }
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(Duration.ofMillis(probe.stepMillis()))
                .chain(() -> step(probe, run, done + 1));
    }

    private static long or(@Nullable Long given, long otherwise) {
        return given == null ? otherwise : given;
    }
}
