package org.pmsevents.delivery.pages;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.handler.DeadLetters;
import org.pmsevents.event.handler.DurableHandlers;
import org.pmsevents.event.handler.HandlerTable;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.tracing.TraceLog;

/** Lists and retries dead letters: events that a durable handler could not process. */
@ApplicationScoped
public class DeadLetterFlow implements NamedResources {
    private static final TraceLog LOG = TraceLog.of(DeadLetterFlow.class);

    private final DeadLetters deadLetters;
    private final Idempotency idempotency;

    DeadLetterFlow(DeadLetters deadLetters, Idempotency idempotency) {
        this.deadLetters = deadLetters;
        this.idempotency = idempotency;
    }

    /**
     * An event that its handler gave up on.
     *
     * @param event its wire form
     * @param attempts how often the handler failed on it
     */
    @RegisterForReflection
    public record DeadLetter(
            UUID id,
            String handler,
            long position,
            @JsonRawValue String event,
            int attempts,
            String error,
            Instant parkedAt) {}

    @Override
    public String path() {
        return "/api/events/dead-letters/";
    }

    /** @throws AppException 404 {@code dead-letter-not-found} */
    @Override
    public Uni<?> find(String name, RequestContext context) {
        return deadLetters.find(id(name)).map(found -> found.orElseThrow(() -> notFound(name)));
    }

    /** A page of dead letters, the oldest first. */
    Uni<Page<DeadLetter>> list(PageRequest page) {
        return deadLetters
                .read(page.afterId(), page.oneMore())
                .map(letters -> page.page(letters, letter -> letter.id().toString()))
                .map(letters -> new Page<>(
                        letters.items().stream().map(DeadLetterFlow::shown).toList(), letters.next()));
    }

    /**
     * Passes the event to its handler again. The dead letter is deleted if the handler succeeds.
     *
     * @throws AppException 404 {@code dead-letter-not-found}; 409 {@code dead-letter-failed-again}; 503 {@code handler-not-ready}
     */
    Uni<Void> retry(String id, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency.once(key, done -> null, answers -> retry(id, answers, context));
    }

    private Uni<Void> retry(String id, AnswerWriter answers, RequestContext context) {
        return Uni.createFrom()
                .item(() -> id(id))
                .chain(found -> deadLetters.retry(found, transaction -> answers.store(transaction, "{}")))
                .onFailure(DeadLetters.FailedAgainException.class)
                .transform(failure -> {
                    LOG.warnf(context, failure, "the retry of dead letter %s failed", id);
                    if (failure.getCause() instanceof DurableHandlers.NotNowException) {
                        return AppException.unavailable(
                                "handler-not-ready", "A system that the handler needs is unavailable. Retry later.", 1);
                    }
                    return AppException.conflict("dead-letter-failed-again", "The handler failed on the event again.");
                })
                .map(found -> found.orElseThrow(() -> notFound(id)))
                .replaceWithVoid();
    }

    private static UUID id(String id) {
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw notFound(id);
        }
    }

    private static AppException notFound(String id) {
        return AppException.notFound("dead-letter-not-found", "There is no dead letter " + id + ".");
    }

    private static DeadLetter shown(HandlerTable.DeadLetter letter) {
        return new DeadLetter(
                letter.id(),
                letter.handler(),
                letter.position(),
                letter.event(),
                letter.attempts(),
                letter.error(),
                letter.storedAt());
    }
}
