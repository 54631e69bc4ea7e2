package org.pmsevents.pms.webhook;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;

/** Deletes stored answers to webhooks after their retention, in batches. */
@ApplicationScoped
public class WebhookCleanUp implements CleanUp {
    private static final int AT_ONCE = 1_000;

    /** How long answers are stored for repeated deliveries. */
    private static final Duration RETENTION = Duration.ofDays(30);

    private final WebhookTable webhooks;
    private final Transactions transactions;

    WebhookCleanUp(WebhookTable webhooks, Transactions transactions) {
        this.webhooks = webhooks;
        this.transactions = transactions;
    }

    @RegisterForReflection
    public record Deleted(long rows) {}

    @Override
    public String name() {
        return "webhook.clean-up";
    }

    @Override
    public Duration timeout() {
        return Duration.ofMinutes(10);
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("47 * * * *");
    }

    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        return CleanUp.inBatches(
                        AT_ONCE, () -> transactions.run(transaction -> webhooks.prune(transaction, RETENTION, AT_ONCE)))
                .map(Deleted::new);
    }
}
