package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.flow.CacheFlow;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.AnswerWriter;
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
    private final ProductTable products;
    private final ProductWriter writer;
    private final Transactions transactions;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final CacheFlow cache;
    private final InvalidationFlow invalidation;
    private final InventoryFlow inventory;
    private final ProductSyncFlow sync;
    private final Idempotency idempotency;
    private final Clock clock;

    ProductFlow(
            ProductTable products,
            ProductWriter writer,
            Transactions transactions,
            EventPublisher events,
            AfterCommit afterCommit,
            CacheFlow cache,
            InvalidationFlow invalidation,
            InventoryFlow inventory,
            ProductSyncFlow sync,
            Idempotency idempotency,
            Clock clock) {
        this.products = products;
        this.writer = writer;
        this.transactions = transactions;
        this.events = events;
        this.afterCommit = afterCommit;
        this.cache = cache;
        this.invalidation = invalidation;
        this.inventory = inventory;
        this.sync = sync;
        this.idempotency = idempotency;
        this.clock = clock;
    }

    /** An archived product, and the notice to the caches if its stock was low. */
    private record Archiving(ProductChange change, Optional<Long> notice) {}

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
                        .chain(draft -> createProduct(draft, answers, context))
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

    /** Together with other changes if it can be, otherwise in a transaction of its own. */
    private Uni<ProductView> update(
            String sku, Preconditions conditions, RequestContext context, Function<Product, ProductDraft> edit) {
        return updateTogether(sku, conditions, context, edit)
                .chain(done -> done.isPresent()
                        ? Uni.createFrom().item(done.get())
                        : updateAlone(sku, conditions, context, edit))
                .invoke(sync::announce)
                .call(this::emitEvent)
                .call(change -> invalidateCache(change, context))
                .call(this::notifyWebSocket)
                .map(change -> ProductJson.view(change.product()));
    }

    /** Empty, and nothing is changed, if the PMS is to be told in the same transaction, or the product has changed since it was read. */
    private Uni<Optional<ProductChange>> updateTogether(
            String sku, Preconditions conditions, RequestContext context, Function<Product, ProductDraft> edit) {
        return transactions
                .read(client -> products.find(client, sku))
                .map(found -> refuseArchived(existing(sku, found, conditions)))
                .chain(found -> {
                    var after = found.replaced(edit.apply(found), clock.instant());
                    var changed = after.changedFrom(found);
                    if (changed.isEmpty()) {
                        return Uni.createFrom()
                                .item(Optional.of(new ProductChange(found, null, afterCommit.answerBy())));
                    }
                    if (sync.isWanted(after)) {
                        return Uni.createFrom().item(Optional.empty());
                    }
                    var event =
                            events.event(EventType.PRODUCT_UPDATED, sku, ProductJson.updated(after, changed), context);
                    return writer.write(new ProductWriter.Write(after, event, null), context)
                            .map(written -> written
                                    ? Optional.of(new ProductChange(after, event, afterCommit.answerBy()))
                                    : Optional.empty());
                });
    }

    private Uni<ProductChange> updateAlone(
            String sku, Preconditions conditions, RequestContext context, Function<Product, ProductDraft> edit) {
        return transactions.run(
                context,
                transaction -> findProduct(transaction, sku, conditions)
                        .map(ProductFlow::refuseArchived)
                        .chain(found -> updateProduct(transaction, found, edit.apply(found), context)));
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
                                        transaction -> validateProduct(transaction, sku, conditions)
                                                .chain(valid -> publishProduct(transaction, valid, context))
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
                .run(
                        context,
                        transaction -> findProduct(transaction, sku, conditions)
                                .chain(found -> archiveProduct(transaction, found, context)))
                .invoke(done -> inventory.stockRetired(done.notice(), context))
                .map(Archiving::change)
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
                                transaction -> findProduct(transaction, sku, conditions)
                                        .map(ProductFlow::requireArchived)
                                        .chain(found -> restoreProduct(transaction, found, context))
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

    private Uni<ProductChange> createProduct(ProductDraft draft, AnswerWriter answers, RequestContext context) {
        var product = Product.created(draft, clock.instant());
        var event = events.event(EventType.PRODUCT_CREATED, product.sku(), ProductJson.of(product), context);
        var write = new ProductWriter.Write(product, event, answers.key());
        return writer.write(write, context)
                .chain(created ->
                        created ? Uni.createFrom().voidItem() : transactions.run(context, tx -> createAlone(tx, write)))
                .map(committed -> new ProductChange(product, event, afterCommit.answerBy()));
    }

    private Uni<Void> createAlone(SqlClient transaction, ProductWriter.Write write) {
        return writer.write(transaction, write)
                .chain(created -> created
                        ? Uni.createFrom().voidItem()
                        : products.find(transaction, write.sku()).map(found -> {
                            throw exists(write.sku(), found);
                        }));
    }

    /** Returns the product if it exists, meets the conditions of the request and is not archived. */
    private Uni<Product> validateProduct(SqlClient transaction, String sku, Preconditions conditions) {
        return findProduct(transaction, sku, conditions).map(ProductFlow::refuseArchived);
    }

    private Uni<Product> findProduct(SqlClient transaction, String sku, Preconditions conditions) {
        return products.lock(transaction, sku).map(found -> existing(sku, found, conditions));
    }

    private static Product existing(String sku, Optional<Product> found, Preconditions conditions) {
        var product = found.orElseThrow(() -> notFound(sku));
        conditions.checkChange(product.version());
        return product;
    }

    private Uni<ProductChange> updateProduct(
            SqlClient transaction, Product found, ProductDraft draft, RequestContext context) {
        var updated = found.replaced(draft, clock.instant());
        return store(transaction, found, updated, EventType.PRODUCT_UPDATED, context);
    }

    private Uni<ProductChange> publishProduct(SqlClient transaction, Product found, RequestContext context) {
        var published = found.status() == ProductStatus.PUBLISHED ? found : found.published(clock.instant());
        return store(transaction, found, published, EventType.PRODUCT_PUBLISHED, context)
                .chain(change -> change.changedNothing()
                        ? sync.createJob(transaction, change, context)
                        : Uni.createFrom().item(change));
    }

    /** The stock comes first: an event is recorded after all rows of its change. */
    private Uni<Archiving> archiveProduct(SqlClient transaction, Product found, RequestContext context) {
        var archived = found.isArchived() ? found : found.archived(clock.instant());
        return inventory
                .retireStock(transaction, found.sku())
                .chain(notice -> store(transaction, found, archived, EventType.PRODUCT_UPDATED, context)
                        .map(change -> new Archiving(change, notice)));
    }

    private Uni<ProductChange> restoreProduct(SqlClient transaction, Product found, RequestContext context) {
        return store(transaction, found, found.restored(clock.instant()), EventType.PRODUCT_UPDATED, context);
    }

    /** Stores the product and its event; does nothing if no field has changed. */
    private Uni<ProductChange> store(
            SqlClient transaction, Product before, Product after, EventType type, RequestContext context) {
        var changed = after.changedFrom(before);
        if (changed.isEmpty()) {
            return Uni.createFrom().item(new ProductChange(before, null, afterCommit.answerBy()));
        }
        var payload = type == EventType.PRODUCT_UPDATED ? ProductJson.updated(after, changed) : ProductJson.of(after);
        var event = events.event(type, after.sku(), payload, context);
        return products.update(transaction, after)
                .chain(() -> events.record(transaction, event))
                .chain(() ->
                        sync.createJob(transaction, new ProductChange(after, event, afterCommit.answerBy()), context));
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

    private static AppException exists(String sku, Optional<Product> found) {
        boolean archived = found.filter(Product::isArchived).isPresent();
        return AppException.conflict(
                        "product-exists",
                        archived
                                ? "The product " + sku
                                        + " is archived. POST /api/products/{sku}/restore takes it back as a draft."
                                : "A product with the SKU " + sku + " exists already.")
                .with("archived", archived);
    }

    private static Product requireArchived(Product found) {
        if (!found.isArchived()) {
            throw AppException.conflict(
                    "product-not-archived",
                    "The product " + found.sku() + " is not archived; it is "
                            + found.status().wireName() + ".");
        }
        return found;
    }

    private static Product refuseArchived(Product found) {
        if (found.isArchived()) {
            throw AppException.conflict(
                    "product-archived",
                    "The product " + found.sku()
                            + " is archived and can't be changed. POST /api/products/{sku}/restore takes it"
                            + " back as a draft.");
        }
        return found;
    }

    static AppException notFound(String sku) {
        return AppException.notFound("product-not-found", "There is no product with the SKU " + sku + ".");
    }
}
