package org.pmsevents.event;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.Traced;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * The spans of FEED events: one for the creation of the event, a child of what caused it, and below it one for each further step, on any
 * replica.
 */
@Singleton
public class EventSpans {
    /** Spans per event type and step in one trace. A webhook of 10,000 lines is one trace; its first events represent the others. */
    private static final int MAX_PER_TRACE = 100;

    /** How many combinations of step, type and trace are counted at the same time. */
    private static final int MAX_COUNTED_STEPS = 10_000;

    private final Tracing tracing;

    private final Cache<Step, Integer> recorded = Caffeine.newBuilder()
            .maximumSize(MAX_COUNTED_STEPS)
            .executor(Runnable::run)
            .build();

    private record Step(String what, EventType type, String traceId) {}

    public EventSpans(Tracing tracing) {
        this.tracing = tracing;
    }

    /** The spans of events that are processed together. */
    public static final class Together {
        private static final Together NOTHING = new Together(List.of());
        private final List<Span> spans;

        private Together(List<Span> spans) {
            this.spans = spans;
        }

        /** Ends the spans when the work ends, with its failure if it fails. */
        public <T> Uni<T> until(Uni<T> work) {
            return spans.isEmpty()
                    ? work
                    : work.onTermination().invoke((done, failure, cancelled) -> end(failure, cancelled));
        }

        private void end(@Nullable Throwable failure, boolean cancelled) {
            for (var span : spans) {
                if (failure != null) {
                    span.failed(failure.getClass().getName());
                } else if (cancelled) {
                    span.failed("cancelled");
                }
                span.end();
            }
        }
    }

    /** Records the creation of an event that is inserted in the transaction of its change. */
    public void created(EventType type, UUID id, String subject, Traced by) {
        if (isRecorded("create", type, by.traceId())) {
            tracing.start(Kind.PRODUCER, "create " + type, by, EventMetadata.spanOf(id))
                    .with("pms.event.id", id.toString())
                    .with("pms.event.subject", subject)
                    .end();
        }
    }

    /** An event that the SQL statement of its change inserts. */
    public record Written(EventType type, UUID id, String subject) {}

    /** Records the creation of the first events that one statement inserted. */
    public void created(Supplier<List<Written>> events, Traced by) {
        if (tracing.records(by.traceId())) {
            events.get().stream()
                    .limit(MAX_PER_TRACE)
                    .forEach(each -> created(each.type(), each.id(), each.subject(), by));
        }
    }

    /** Starts a span for a step of each event. */
    public Together start(Kind kind, String what, List<FeedEvent> events) {
        if (!tracing.isOn()) {
            return Together.NOTHING;
        }
        var spans = new ArrayList<Span>();
        for (var event : events) {
            var span = start(kind, what, event.message());
            if (span != Span.NONE) {
                spans.add(span.with("pms.feed.position", event.position()));
            }
        }
        return spans.isEmpty() ? Together.NOTHING : new Together(spans);
    }

    /** Starts a span for a step of one event; announcements have no span. */
    public Span start(Kind kind, String what, EventMessage event) {
        return event.type().scope() == EventScope.FEED
                        && isRecorded(what, event.type(), event.metadata().traceId())
                ? tracing.start(kind, what + " " + event.type(), event.metadata())
                        .with("pms.event.subject", event.subject())
                : Span.NONE;
    }

    private boolean isRecorded(String what, EventType type, String traceId) {
        return tracing.records(traceId)
                && recorded.asMap().merge(new Step(what, type, traceId), 1, Integer::sum) <= MAX_PER_TRACE;
    }
}
