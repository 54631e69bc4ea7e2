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
 * The spans of the feed's events: one that makes the event, under whatever made it, and below that one for each that takes it further, on
 * whichever replica.
 */
@Singleton
public class EventSpans {
    /** Of a type at each step of one trace: a webhook of 10,000 lines is one trace, and its first events say how long the others took. */
    private static final int OF_ONE_TRACE = 100;

    /** So many steps of traces are counted at once. */
    private static final int COUNTED = 10_000;

    private final Tracing tracing;

    private final Cache<Step, Integer> recorded =
            Caffeine.newBuilder().maximumSize(COUNTED).executor(Runnable::run).build();

    private record Step(String what, EventType type, String traceId) {}

    public EventSpans(Tracing tracing) {
        this.tracing = tracing;
    }

    /** What is recorded of several events that go one way together. */
    public static final class Together {
        private static final Together NOTHING = new Together(List.of());
        private final List<Span> spans;

        private Together(List<Span> spans) {
            this.spans = spans;
        }

        /** Ends them with the work, and with why that went wrong if it did. */
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

    /** An event that is written with its change. */
    public void created(EventType type, UUID id, String subject, Traced by) {
        if (isRecorded("create", type, by.traceId())) {
            tracing.start(Kind.PRODUCER, "create " + type, by, EventMetadata.spanOf(id))
                    .with("pms.event.id", id.toString())
                    .with("pms.event.subject", subject)
                    .end();
        }
    }

    /** An event that the statement of its change writes. */
    public record Written(EventType type, UUID id, String subject) {}

    /** The first of those that one statement has written. */
    public void created(Supplier<List<Written>> events, Traced by) {
        if (tracing.records(by.traceId())) {
            events.get().stream()
                    .limit(OF_ONE_TRACE)
                    .forEach(each -> created(each.type(), each.id(), each.subject(), by));
        }
    }

    /** Something is done with events. */
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

    /** The same with one of the feed; what is announced only has no span. */
    public Span start(Kind kind, String what, EventMessage event) {
        return event.type().scope() == EventScope.FEED
                        && isRecorded(what, event.type(), event.metadata().traceId())
                ? tracing.start(kind, what + " " + event.type(), event.metadata())
                        .with("pms.event.subject", event.subject())
                : Span.NONE;
    }

    private boolean isRecorded(String what, EventType type, String traceId) {
        return tracing.records(traceId)
                && recorded.asMap().merge(new Step(what, type, traceId), 1, Integer::sum) <= OF_ONE_TRACE;
    }
}
