package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.pms.outbound.PmsFlow;
import org.pmsevents.pms.outbound.PmsSync;
import org.pmsevents.queue.JobEnds;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;

/**
 * The arrow {@code syncWithPMS} of the product flows: a job that is written with the change and tried at once. The answer to a
 * publication waits for that for a moment, and never fails for it.
 */
@ApplicationScoped
public class ProductSyncFlow {
    private static final Logger LOG = Logger.getLogger(ProductSyncFlow.class);
    private static final Duration LOOK = Duration.ofMillis(250);

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

    /** In the transaction of a change: has the PMS get the product, if that is, or was, published and the PMS does not have it already. */
    Uni<ProductChange> createJob(SqlClient transaction, ProductChange change, RequestContext context) {
        var product = change.product();
        if (product.publishedAt() == null || !pms.isEnabled()) {
            return Uni.createFrom().item(change);
        }
        var event = change.changedNothing()
                ? UuidV7.next(clock)
                : change.event().metadata().id();
        return table.want(transaction, product, event, pms.isFromPms(context))
                .chain(synced -> synced
                        ? Uni.createFrom().item(change.with(PmsSync.SYNCED, null))
                        : jobs.createJob(
                                        transaction,
                                        NewJob.of(kind, new ProductSync.Sync(product.sku()), context)
                                                .unique(product.sku()))
                                .map(job -> change.with(PmsSync.PENDING, job)));
    }

    /** After the commit of a change that nobody waits for. */
    void announce(ProductChange change) {
        if (change.syncJob() != null) {
            jobs.announce(change.syncJob());
        }
    }

    /** After the commit of a publication: tries at once and waits for that within the budget; never fails. */
    Uni<PmsSync> syncWithPMS(ProductChange change) {
        var job = change.syncJob();
        // one that has failed waits for its time, and the answer need not
        if (job == null || job.state() == JobState.RETRYABLE) {
            return Uni.createFrom().item(change.pmsSync());
        }
        return Uni.createFrom()
                .deferred(() -> {
                    var settled = ends.settled(job.id(), pms.budget());
                    jobs.announce(job);
                    return settled;
                })
                .chain(() -> lookAgain(ProductJson.view(change.product()), PmsSync.PENDING));
    }

    /** What was pending may have come to the PMS since, wherever it was sent from. */
    Uni<PmsSync> lookAgain(ProductView product, PmsSync known) {
        if (known != PmsSync.PENDING) {
            return Uni.createFrom().item(known);
        }
        return transactions
                .read(client -> table.isSynced(client, product.sku(), product.version()))
                .map(synced -> synced ? PmsSync.SYNCED : PmsSync.PENDING)
                .ifNoItem()
                .after(LOOK)
                .fail()
                .onFailure()
                .invoke(failure -> LOG.debugf("can't see whether the PMS has %s: %s", product.sku(), failure))
                .onFailure()
                .recoverWithItem(PmsSync.PENDING);
    }
}
