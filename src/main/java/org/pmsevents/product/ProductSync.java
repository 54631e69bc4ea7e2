package org.pmsevents.product;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.pms.outbound.PmsAnswer;
import org.pmsevents.pms.outbound.PmsCall;
import org.pmsevents.pms.outbound.PmsConfig;
import org.pmsevents.pms.outbound.PmsFlow;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;

/**
 * Sends a product to the PMS in the version that is the newest at the time of sending, however many changes have requested it. One
 * job per SKU runs at a time. It is retried until the PMS has the product or refuses it for good.
 */
@ApplicationScoped
public class ProductSync implements JobKind<ProductSync.Sync> {
    private final ProductSyncTable table;
    private final Transactions transactions;
    private final PmsFlow pms;
    private final PmsConfig config;

    ProductSync(ProductSyncTable table, Transactions transactions, PmsFlow pms, PmsConfig config) {
        this.table = table;
        this.transactions = transactions;
        this.pms = pms;
        this.config = config;
    }

    /** Names the product, not the version: the version is read when the product is sent. */
    @RegisterForReflection
    public record Sync(String sku) {}

    /** @param outcome {@code accepted}, {@code newer} if the PMS had a newer version, {@code unchanged} if there was nothing to send */
    @RegisterForReflection
    public record Synced(long version, String outcome) {}

    @Override
    public String name() {
        return PmsFlow.JOBS;
    }

    @Override
    public Sync read(Fields payload) {
        return new Sync(payload.only("sku").requiredText("sku", PathName.MAX_LENGTH));
    }

    @Override
    public String payloadSchema() {
        return """
                {
                  "type": "object",
                  "additionalProperties": false,
                  "required": ["sku"],
                  "properties": {"sku": {"type": "string", "pattern": "\\\\S", "maxLength": %d}}
                }
                """.formatted(PathName.MAX_LENGTH);
    }

    @Override
    public int concurrency() {
        return config.concurrency();
    }

    /** Limits crashes and failures of this service. An unavailable PMS never discards the job, however long it lasts. */
    @Override
    public int maxAttempts() {
        return 100;
    }

    @Override
    public Duration longestPause() {
        return config.longestPause();
    }

    @Override
    public Uni<?> run(Sync sync, JobRun run) {
        return findNewest(sync.sku()).chain(newest -> {
            var version = newest.product().version();
            return newest.isSynced()
                    ? Uni.createFrom().item(new Synced(version, "unchanged"))
                    : sendToPms(newest, run)
                            .call(answer -> markSynced(newest, run))
                            .map(answer -> new Synced(version, answer.name().toLowerCase(Locale.ROOT)));
        });
    }

    private Uni<ProductSyncTable.Newest> findNewest(String sku) {
        return transactions
                .read(client -> table.newest(client, sku))
                .map(found -> found.orElseThrow(() -> new IllegalStateException("there is no product " + sku)));
    }

    private Uni<PmsAnswer> sendToPms(ProductSyncTable.Newest newest, JobRun run) {
        var product = newest.product();
        return pms.send(
                new PmsCall(product.sku(), ProductJson.view(product).json(), event(newest), run.context()), run);
    }

    /** Never lowers the version, and requires that this worker still has the job. */
    private Uni<Void> markSynced(ProductSyncTable.Newest newest, JobRun run) {
        var product = newest.product();
        return transactions.run(
                run.context(),
                transaction -> table.lock(transaction, product.sku())
                        .chain(() -> run.fence(transaction))
                        .chain(() -> table.synced(transaction, product.sku(), product.version(), event(newest))));
    }

    /**
     * A version that was stored while no PMS was configured has no event. Its id is then derived from SKU and version, so that
     * every attempt sends the same idempotency key.
     */
    private static UUID event(ProductSyncTable.Newest newest) {
        var event = newest.event();
        var product = newest.product();
        return event != null
                ? event
                : UUID.nameUUIDFromBytes((product.sku() + "/" + product.version()).getBytes(StandardCharsets.UTF_8));
    }
}
