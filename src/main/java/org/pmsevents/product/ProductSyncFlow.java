package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.pms.outbound.PmsFlow;
import org.pmsevents.pms.outbound.PmsSync;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobEnds;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;

/**
 * The step {@code syncWithPMS} of the product flows. A job is written in the transaction of the change and attempted at once. The
 * answer to a publication waits a moment for it, and never fails because of it.
 */
@ApplicationScoped
public class ProductSyncFlow {
    private static final Logger LOG = Logger.getLogger(ProductSyncFlow.class);
    private static final Duration READ_SYNC = Duration.ofMillis(250);

    private final ProductSync kind;
    private final ProductSyncTable table;
    private final PmsFlow pms;
    private final JobFlow jobs;
    private final JobEnds ends;
    private final Transactions transactions;
    private final Clock clock;

    ProductSyncFlow(
            ProductSync kind,
            ProductSyncTable table,
            PmsFlow pms,
            JobFlow jobs,
            JobEnds ends,
            Transactions transactions,
            Clock clock) {
        this.kind = kind;
        this.table = table;
        this.pms = pms;
        this.jobs = jobs;
        this.ends = ends;
        this.transactions = transactions;
        this.clock = clock;
    }

    /** Whether the PMS is to have this product. */
    public boolean isWanted(Product product) {
        return product.publishedAt() != null && pms.isEnabled();
    }

    /**
     * In the transaction of a change: creates a job that sends the product to the PMS, if the product is or was published and the
     * PMS does not have this version.
     */
    Uni<ProductChange> createJob(SqlClient transaction, ProductChange change, RequestContext context) {
        var product = change.product();
        if (!isWanted(product)) {
            return Uni.createFrom().item(change);
        }
        var event = change.changedNothing()
                ? UuidV7.next(clock)
                : change.event().metadata().id();
        return createJobs(transaction, List.of(new Wanted(product, event)), context)
                .map(created -> created.isEmpty()
                        ? change.with(PmsSync.SYNCED, null)
                        : change.with(PmsSync.PENDING, created.get(0)));
    }

    /**
     * A version of a product that the PMS is to have ({@link #isWanted}).
     *
     * @param event of that version
     */
    public record Wanted(Product product, UUID event) {}

    /** The same for many products, each once: creates a job for each of which the PMS does not have this version. */
    public Uni<List<Job>> createJobs(SqlClient transaction, List<Wanted> wanted, RequestContext context) {
        if (wanted.isEmpty()) {
            return Uni.createFrom().item(List.of());
        }
        return table.want(transaction, wanted, pms.isFromPms(context))
                .chain(missing -> jobs.createJobs(
                        transaction,
                        missing.stream()
                                .map(sku -> NewJob.of(kind, new ProductSync.Sync(sku), context)
                                        .unique(sku))
                                .toList()));
    }

    /** After the commit of a change whose answer does not wait for the sync. */
    void announce(ProductChange change) {
        if (change.syncJob() != null) {
            jobs.announce(change.syncJob());
        }
    }

    /** The same for jobs of {@link #createJobs}. */
    public void announce(List<Job> created) {
        created.forEach(jobs::announce);
    }

    /** After the commit of a publication: attempts the job at once, waits for it within the time budget, and never fails. */
    Uni<PmsSync> syncWithPMS(ProductChange change) {
        var job = change.syncJob();
        // a job that has failed waits for its next attempt; the answer does not wait for that
        if (job == null || job.state() == JobState.RETRYABLE) {
            return Uni.createFrom().item(change.pmsSync());
        }
        return Uni.createFrom()
                .deferred(() -> {
                    var settled = ends.settled(job.id(), pms.budget());
                    jobs.announce(job);
                    return settled;
                })
                .chain(() -> refreshSync(ProductJson.view(change.product()), PmsSync.PENDING));
    }

    /** Reads the state of a pending sync again: any replica may have sent the product since. */
    Uni<PmsSync> refreshSync(ProductView product, PmsSync known) {
        if (known != PmsSync.PENDING) {
            return Uni.createFrom().item(known);
        }
        return transactions
                .read(client -> table.isSynced(client, product.sku(), product.version()))
                .map(synced -> synced ? PmsSync.SYNCED : PmsSync.PENDING)
                .ifNoItem()
                .after(READ_SYNC)
                .fail()
                .onFailure()
                .invoke(failure -> LOG.debugf("can't read whether the PMS has %s: %s", product.sku(), failure))
                .onFailure()
                .recoverWithItem(PmsSync.PENDING);
    }
}
