package org.pmsevents.queue;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.JsonText;

/** The JSON of jobs in the API and in events. */
public final class JobJson {
    private JobJson() {}

    /** As the API returns it. */
    @RegisterForReflection
    public record JobView(
            UUID id,
            String kind,
            String state,
            int attempt,
            int maxAttempts,
            int priority,
            Instant runAt,
            @Nullable String uniqueKey,
            @JsonRawValue String payload,
            @JsonRawValue String progress,
            @JsonRawValue String result,
            @JsonRawValue String errors,
            Instant createdAt,
            @Nullable Instant finishedAt) {}

    /** The payload of queue.new, queue.processing and queue.complete. */
    @RegisterForReflection
    record JobNews(
            UUID id,
            String kind,
            String state,
            int attempt,
            int maxAttempts,
            Instant runAt,
            @JsonRawValue String progress,
            boolean cancelRequested) {}

    /**
     * A kind of job, as the API describes it.
     *
     * @param cron when it runs by itself, a Unix cron expression in UTC
     * @param concurrency how many run at once on a replica
     * @param timeoutSeconds of one attempt
     * @param payloadSchema a JSON Schema
     */
    @RegisterForReflection
    public record KindView(
            String kind,
            boolean callable,
            @Nullable String cron,
            int concurrency,
            long timeoutSeconds,
            int maxAttempts,
            @JsonRawValue String payloadSchema) {}

    /** All kinds of jobs. */
    @RegisterForReflection
    public record KindList(List<KindView> items) {}

    /** How many jobs are retried. */
    @RegisterForReflection
    public record Retried(int retried) {}

    public static JobView view(Job job) {
        return new JobView(
                job.id(),
                job.kind(),
                job.state().wireName(),
                job.attempt(),
                job.maxAttempts(),
                job.priority(),
                job.runAt(),
                job.uniqueKey(),
                job.payload(),
                raw(job.progress()),
                raw(job.result()),
                job.errors(),
                job.createdAt(),
                job.finishedAt());
    }

    public static KindView view(JobKind<?> kind) {
        return new KindView(
                kind.name(),
                kind.callable(),
                kind.cron().orElse(null),
                kind.concurrency(),
                kind.timeout().toSeconds(),
                kind.maxAttempts(),
                kind.payloadSchema().strip());
    }

    static JobNews news(Job job, @Nullable String progress) {
        return new JobNews(
                job.id(),
                job.kind(),
                job.state().wireName(),
                job.attempt(),
                job.maxAttempts(),
                job.runAt(),
                raw(progress),
                job.cancelRequested());
    }

    /** Encodes a text as a JSON string. */
    public static String quoted(String text) {
        return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    public static String textOf(Retried retried) {
        return "{\"retried\":" + retried.retried() + "}";
    }

    public static Retried retriedOf(String json) {
        return new Retried(JsonText.object(json).path("retried").intValue());
    }

    /** Whether news of a job says that it has to stop. Those that can't say so, nearly all, are not parsed. */
    public static boolean hasToStop(String news) {
        return news.contains("\"cancelRequested\":true")
                && JsonText.object(news).path("cancelRequested").asBoolean();
    }

    private static String raw(@Nullable String json) {
        return json == null ? "null" : json;
    }
}
