package org.pmsevents.pms.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.ExactlyOnce;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * Applies a webhook once however often it is delivered ({@link ExactlyOnce}): its answer is replayed to every later delivery of the same id
 * and body. A delivery that finds the same webhook in flight waits for its row and gets its answer, so it is not refused as busy.
 */
@Startup
@ApplicationScoped
public class Deliveries {
    /** How many webhooks a replica applies at the same time. Each needs a connection to PostgreSQL. */
    private static final int AT_ONCE = 4;

    /** How many webhooks may wait on a replica; further ones are answered 503. */
    private static final int MAX_WAITING = 16;

    private final WebhookTable table;
    private final Transactions transactions;
    private final WebhookConfig config;
    private final Bulkhead bulkhead;
    private final Timer held;
    private final ExactlyOnce<WebhookId> exactlyOnce;

    Deliveries(WebhookTable table, Transactions transactions, WebhookConfig config, Vertx vertx, MeterRegistry meters) {
        this.table = table;
        this.transactions = transactions;
        this.config = config;
        this.bulkhead = new Bulkhead(AT_ONCE, MAX_WAITING, config.longestWait(), vertx);
        this.held = Timer.builder("pms.webhook.held")
                .description("duration of a webhook's transaction, which bounds how long it locks its stock")
                .register(meters);
        this.exactlyOnce = new ExactlyOnce<>(id -> transactions.read(client -> table.find(client, id.scope())));
    }

    /** A {@code webhook-id} as it is stored and compared. */
    private record WebhookId(String scope, Buffer fingerprint) implements ExactlyOnce.Key {
        @Override
        public AppException reused() {
            return AppException.unprocessable(
                    "webhook-id-reused", "This webhook-id was sent before with another body.");
        }

        @Override
        public AppException busy() {
            return AppException.unavailable(
                    "database-busy", "Concurrent requests are changing the same data. Nothing was changed.", 1);
        }

        @Override
        public AppException outcomeUnknown(OutcomeUnknownException cause) {
            return AppException.unavailable(
                            "outcome-unknown",
                            "The database has not confirmed the commit: the change was made or not. "
                                    + "Deliver the webhook again with the same webhook-id.",
                            1)
                    .because(cause);
        }
    }

    /** The result of the work, with the answer to the webhook. */
    public interface Done {
        /** JSON. */
        String answer();
    }

    /**
     * The answer to a delivery.
     *
     * @param answer JSON
     * @param done result of the work; null if an earlier delivery did it
     */
    public record Delivered<D extends Done>(
            String answer, @Nullable D done) {}

    /**
     * Does the work in a transaction with a time limit, unless the webhook was answered already.
     *
     * @param id of the webhook
     * @param fingerprint of its body, see {@link #fingerprint}
     * @param before work to do first, outside of the transaction
     * @throws AppException 422 {@code webhook-id-reused}; 503 {@code too-busy}, {@code database-busy}, {@code outcome-unknown}
     */
    public <D extends Done> Uni<Delivered<D>> once(
            String id,
            Buffer fingerprint,
            RequestContext context,
            Supplier<Uni<Void>> before,
            Function<Transactions.Limited, Uni<D>> work) {
        return bulkhead.take(() -> exactlyOnce.execute(
                new WebhookId(id, fingerprint),
                earlier -> new Delivered<>(earlier.answer(), null),
                () -> before.get()
                        .chain(() -> Attempt.repeatOnConflict(() -> transact(id, fingerprint, context, work)))
                        .map(done -> new Delivered<>(done.answer(), done))));
    }

    /** The digest of a webhook: of another body, or at another path, it is another webhook. */
    public static Buffer fingerprint(String path, byte[] body) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            // as earlier versions have stored it
            if (!path.equals(PmsWebhookResource.STOCK)) {
                digest.update(path.getBytes(StandardCharsets.UTF_8));
            }
            return Buffer.buffer(digest.digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The id is inserted first: the same webhook on another replica then waits for that row before it locks any stock. */
    private <D extends Done> Uni<D> transact(
            String id, Buffer fingerprint, RequestContext context, Function<Transactions.Limited, Uni<D>> work) {
        long begun = System.nanoTime();
        return transactions
                .runWithin(
                        context,
                        config.holdLimit(),
                        transaction -> transaction
                                .next(client -> table.insert(client, id, fingerprint, context.traceId()))
                                .chain(() -> work.apply(transaction))
                                .call(done -> transaction.next(client -> table.answer(client, id, done.answer()))))
                .onTermination()
                .invoke(() -> held.record(Duration.ofNanos(System.nanoTime() - begun)));
    }
}
