package org.pmsevents.queue.worker;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;

/** A kind of job whose work a test says, by the name in its payload. */
public abstract class TestJobs implements JobKind<TestJobs.Named> {
    private final Map<String, BiFunction<Named, JobRun, Uni<?>>> work = new ConcurrentHashMap<>();

    public record Named(String name) {}

    /** What the jobs of this name do. */
    public void define(String name, BiFunction<Named, JobRun, Uni<?>> work) {
        this.work.put(name, work);
    }

    @Override
    public Named read(Fields payload) {
        return new Named(payload.only("name").requiredText("name", 255));
    }

    @Override
    public String payloadSchema() {
        return """
                {
                  "type": "object",
                  "additionalProperties": false,
                  "required": ["name"],
                  "properties": {"name": {"type": "string", "pattern": "\\\\S", "maxLength": 255}}
                }
                """;
    }

    @Override
    public Uni<?> run(Named payload, JobRun run) {
        return work.getOrDefault(
                        payload.name(), (named, own) -> Uni.createFrom().nullItem())
                .apply(payload, run);
    }

    @Override
    public Duration timeout() {
        return Duration.ofSeconds(5);
    }

    @Override
    public Duration firstPause() {
        return Duration.ofMillis(20);
    }

    /** Anybody may create them. */
    @ApplicationScoped
    public static class Several extends TestJobs {
        static final String KIND = "test.named";

        @Override
        public String name() {
            return KIND;
        }

        @Override
        public boolean callable() {
            return true;
        }

        @Override
        public int concurrency() {
            return 3;
        }
    }

    /** One at a time, and by the service alone. */
    @ApplicationScoped
    public static class Single extends TestJobs {
        static final String KIND = "test.single";

        @Override
        public String name() {
            return KIND;
        }

        @Override
        public int concurrency() {
            return 1;
        }
    }
}
