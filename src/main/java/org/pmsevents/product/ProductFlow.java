package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.flow.CacheFlow;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.precondition.Preconditions;
import org.pmsevents.inventory.api.InventoryFlow;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.pms.outbound.PmsSync;

/** The product flows. Every change is committed with its event, then applied to the cache and published, and only then answered. */
@ApplicationScoped
public class ProductFlow {
    private final ProductChanges changes;
    private final Transactions transactions;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final CacheFlow cache;
    private final InvalidationFlow invalidation;
    private final InventoryFlow inventory;
    private final ProductSyncFlow sync;
    private final Idempotency idempotency;

    ProductFlow(
            ProductChanges changes,
            Transactions transactions,
            EventPublisher events,
            AfterCommit afterCommit,
            CacheFlow cache,
            InvalidationFlow invalidation,
            InventoryFlow inventory,
            ProductSyncFlow sync,
            Idempotency idempotency) {
        this.changes = changes;
        this.transactions = transactions;
        this.events = events;
        this.afterCommit = afterCommit;
        this.cache = cache;
        this.invalidation = invalidation;
        this.inventory = inventory;
        this.sync = sync;
        this.idempotency = idempotency;
    }

    /** A published product and the state of its sync to the PMS. */
    record Publication(ProductView product, PmsSync pmsSync) {}

    /**
     * Creates a product as a draft, with a stock of 0.
     *
     * @throws AppException 400 with all violations; 409 {@code product-exists}
     */
    Uni<ProductView> create(byte @Nullable [] body, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency.once(
                key,
                ProductJson::viewOf,
                answers -> validateProduct(body)
                        .map(ProductRules::draft)
                        .chain(draft -> changes.create(draft, answers, context))
                        .call(this::emitEvent)
                        .call(this::updateCache)
                        .call(this::notifyWebSocket)
                        .map(change -> ProductJson.view(change.product())));
    }

    /**
     * Replaces the fields that callers set. A body that changes nothing raises no version and records no event.
     *
     * @throws AppException 400 with all violations; 404; 409 {@code product-archived}; 412 {@code version-mismatch}
     */
    Uni<ProductView> replace(String sku, byte @Nullable [] body, Preconditions conditions, RequestContext context) {
        return validateProduct(body)
                .chain(valid -> update(sku, conditions, context, stored -> ProductRules.replacement(valid, stored)));
    }

    /** Applies a merge patch (RFC 7396); otherwise as {@link #replace}. */
    Uni<ProductView> patch(String sku, byte @Nullable [] body, Preconditions conditions, RequestContext context) {
        return validateProduct(body)
                .chain(valid -> update(sku, conditions, context, stored -> ProductRules.patched(valid, stored)));
    }

    private Uni<ProductView> update(
            String sku, Preconditions conditions, RequestContext context, Function<Product, ProductDraft> edit) {
        return changes.update(sku, conditions, context, edit)
                .invoke(sync::announce)
                .call(this::emitEvent)
                .call(change -> invalidateCache(change, context))
                .call(this::notifyWebSocket)
                .map(change -> ProductJson.view(change.product()));
    }

    /**
     * Publishes a product. A product that is published already stays unchanged, and is sent to the PMS if the PMS does not have it.
     * A replay under an idempotency key reports the present state of the sync.
     *
     * @throws AppException 404; 409 {@code product-archived}; 412 {@code version-mismatch}
     */
    Uni<Publication> publish(
            String sku, Preconditions conditions, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency
                .once(
                        key,
                        ProductJson::publicationOf,
                        answers -> transactions
                                .run(
                                        context,
                                        transaction -> changes.publish(transaction, sku, conditions, context)
                                                .call(change -> answers.store(
                                                        transaction, ProductJson.publication(published(change)))))
                                .call(this::emitEvent)
                                .chain(this::syncWithPMS)
                                .call(this::updateCache)
                                .call(this::notifyWebSocket)
                                .map(ProductFlow::published))
                .chain(this::refreshSync);
    }

    /**
     * Archives a product: it keeps its SKU and can be read, but not changed, and its stock is no longer low. A product that is
     * archived already stays unchanged.
     *
     * @throws AppException 404; 412 {@code version-mismatch}
     */
    Uni<Void> archive(String sku, Preconditions conditions, RequestContext context) {
        return transactions
                .run(context, transaction -> changes.archive(transaction, sku, conditions, context))
                .invoke(done -> inventory.stockRetired(done.notice(), context))
                .map(ProductChanges.Archiving::change)
                .invoke(sync::announce)
                .call(this::emitEvent)
                .call(change -> invalidateCache(change, context))
                .call(this::notifyWebSocket)
                .replaceWithVoid();
    }

    /**
     * Takes an archived product back, as a draft.
     *
     * @throws AppException 404; 409 {@code product-not-archived}; 412 {@code version-mismatch}
     */
    Uni<ProductView> restore(
            String sku, Preconditions conditions, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency.once(
                key,
                ProductJson::viewOf,
                answers -> transactions
                        .run(
                                context,
                                transaction -> changes.restore(transaction, sku, conditions, context)
                                        .call(change -> answers.store(
                                                transaction,
                                                ProductJson.view(change.product())
                                                        .json())))
                        .invoke(sync::announce)
                        .call(this::emitEvent)
                        .call(change -> invalidateCache(change, context))
                        .call(this::notifyWebSocket)
                        .map(change -> ProductJson.view(change.product())));
    }

    private static Uni<ParsedBody> validateProduct(byte @Nullable [] body) {
        return StrictJson.read(body, parsed -> parsed);
    }

    private Uni<Void> emitEvent(ProductChange change) {
        return afterCommit(change, "emitEvent", () -> events.published(change.event()));
    }

    private static Publication published(ProductChange change) {
        return new Publication(ProductJson.view(change.product()), change.pmsSync());
    }

    /** The sync does not use up the time of the steps after it: they get a new deadline. */
    private Uni<ProductChange> syncWithPMS(ProductChange change) {
        return sync.syncWithPMS(change)
                .map(synced -> change.with(synced, change.syncJob()).with(afterCommit.answerBy()));
    }

    private Uni<Publication> refreshSync(Publication done) {
        return sync.refreshSync(done.product(), done.pmsSync()).map(now -> new Publication(done.product(), now));
    }

    private Uni<Void> updateCache(ProductChange change) {
        return afterCommit(
                change,
                "updateCache",
                () -> cache.update(
                        CacheKey.product(change.product().sku()),
                        ProductJson.view(change.product()).cached(),
                        related(change.product())));
    }

    /** The tags of product lists; for a new product also those of its stock, which is created with it. */
    private static CacheTag[] related(Product product) {
        return product.version() > 1
                ? new CacheTag[] {CacheTag.products()}
                : new CacheTag[] {CacheTag.products(), CacheTag.stock(product.sku()), CacheTag.stocks()};
    }

    private Uni<Void> invalidateCache(ProductChange change, RequestContext context) {
        var product = change.product();
        return afterCommit(
                change,
                "invalidateCache",
                () -> invalidation.invalidate(
                        CacheKey.product(product.sku()), product.version(), context, CacheTag.products()));
    }

    private Uni<Void> notifyWebSocket(ProductChange change) {
        return afterCommit(change, "notifyWebSocket", () -> events.dispatched(change.event()));
    }

    private Uni<Void> afterCommit(ProductChange change, String step, Supplier<Uni<?>> work) {
        return change.changedNothing()
                ? Uni.createFrom().voidItem()
                : afterCommit.attempt(step, change.event().metadata(), change.answerBy(), work);
    }
}
