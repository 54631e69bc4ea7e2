package org.pmsevents.pms.webhook;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.jboss.logging.Logger;
import org.pmsevents.platform.database.Transactions;

/** Deletes the answers of webhooks that nobody will deliver again, in bounded batches, on every replica; each leaves what others hold. */
@ApplicationScoped
public class WebhookCleanUp {
    private static final Logger LOG = Logger.getLogger(WebhookCleanUp.class);
    private static final int ROWS = 1_000;
    /** How often old answers are deleted. */
    private static final Duration EVERY = Duration.ofMinutes(10);

    private final WebhookTable deliveries;
    private final Transactions transactions;
    private final WebhookConfig config;
    private final Vertx vertx;
    private volatile boolean stopped;

    WebhookCleanUp(WebhookTable deliveries, Transactions transactions, WebhookConfig config, Vertx vertx) {
        this.deliveries = deliveries;
        this.transactions = transactions;
        this.config = config;
        this.vertx = vertx;
    }

    void start(@Observes StartupEvent started) {
        later();
    }

    void stop(@Observes ShutdownEvent stopping) {
        stopped = true;
    }

    /** Completes when nothing more is old enough. */
    Uni<Void> prune() {
        return transactions
                .run(transaction -> deliveries.prune(transaction, config.retention(), ROWS))
                .repeat()
                .whilst(deleted -> deleted == ROWS)
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** Spread by a fifth, so that replicas do not do it all at once. */
    private void later() {
        long millis = EVERY.toMillis();
        long spread = ThreadLocalRandom.current().nextLong(-millis / 5, millis / 5 + 1);
        vertx.setTimer(Math.max(1, millis + spread), timer -> {
            if (!stopped) {
                Uni.createFrom()
                        .deferred(this::prune)
                        .onTermination()
                        .invoke(this::later)
                        .subscribe()
                        .with(
                                done -> {},
                                failure -> LOG.warnf("old webhooks could not be deleted: %s", failure.toString()));
            }
        });
    }
}
