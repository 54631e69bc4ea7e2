package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.precondition.Preconditions;
import org.pmsevents.inventory.api.InventoryFlow;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/**
 * What the product flows write to PostgreSQL: each change with its event, and nothing if no field changes. Announcing it is left to the
 * flows.
 */
@ApplicationScoped
public class ProductChanges {
    private final ProductTable products;
    private final ProductWriter writer;
    private final Transactions transactions;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final InventoryFlow inventory;
    private final ProductSyncFlow sync;
    private final Clock clock;

    ProductChanges(
            ProductTable products,
            ProductWriter writer,
            Transactions transactions,
            EventPublisher events,
            AfterCommit afterCommit,
            InventoryFlow inventory,
            ProductSyncFlow sync,
            Clock clock) {
        this.products = products;
        this.writer = writer;
        this.transactions = transactions;
        this.events = events;
        this.afterCommit = afterCommit;
        this.inventory = inventory;
        this.sync = sync;
        this.clock = clock;
    }

    /** An archived product, and the notice to the caches if its stock was low. */
    record Archiving(ProductChange change, Optional<Long> notice) {}

    /**
     * Creates a product as a draft.
     *
     * @throws AppException 409 {@code product-exists}
     */
    Uni<ProductChange> create(ProductDraft draft, AnswerWriter answers, RequestContext context) {
        var product = Product.created(draft, clock.instant());
        var event = events.event(EventType.PRODUCT_CREATED, product.sku(), ProductJson.of(product), context);
        var write = ProductWriter.Write.of(product, event, answers.key());
        return writer.write(write, context)
                .chain(created ->
                        created ? Uni.createFrom().voidItem() : transactions.run(context, tx -> createAlone(tx, write)))
                .invoke(() -> events.written(context, event))
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

    /**
     * Changes the fields that callers set: together with other changes if it can be, otherwise in a transaction of its own.
     *
     * @throws AppException 404; 409 {@code product-archived}; 412 {@code version-mismatch}
     */
    Uni<ProductChange> update(
            String sku, Preconditions conditions, RequestContext context, Function<Product, ProductDraft> edit) {
        return updateTogether(sku, conditions, context, edit)
                .invoke(done -> done.filter(change -> !change.changedNothing())
                        .ifPresent(change -> events.written(context, change.event())))
                .chain(done -> done.isPresent()
                        ? Uni.createFrom().item(done.get())
                        : updateAlone(sku, conditions, context, edit));
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
                    return writer.write(ProductWriter.Write.of(after, event, null), context)
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
                        .map(ProductChanges::refuseArchived)
                        .chain(found -> updateProduct(transaction, found, edit.apply(found), context)));
    }

    /** Publishes the product in a transaction; throws as {@link #update}. */
    Uni<ProductChange> publish(SqlClient transaction, String sku, Preconditions conditions, RequestContext context) {
        return findProduct(transaction, sku, conditions)
                .map(ProductChanges::refuseArchived)
                .chain(found -> publishProduct(transaction, found, context));
    }

    /** Archives the product in a transaction; throws as {@link #update}, but not if it is archived. */
    Uni<Archiving> archive(SqlClient transaction, String sku, Preconditions conditions, RequestContext context) {
        return findProduct(transaction, sku, conditions).chain(found -> archiveProduct(transaction, found, context));
    }

    /**
     * Makes an archived product a draft in a transaction.
     *
     * @throws AppException 404; 409 {@code product-not-archived}; 412 {@code version-mismatch}
     */
    Uni<ProductChange> restore(SqlClient transaction, String sku, Preconditions conditions, RequestContext context) {
        return findProduct(transaction, sku, conditions)
                .map(ProductChanges::requireArchived)
                .chain(found -> restoreProduct(transaction, found, context));
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
                .retireStock(transaction, List.of(found.sku()))
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
                .chain(() -> events.record(transaction, event, context))
                .chain(() ->
                        sync.createJob(transaction, new ProductChange(after, event, afterCommit.answerBy()), context));
    }

    public static AppException exists(String sku, Optional<Product> found) {
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

    public static Product refuseArchived(Product found) {
        if (found.isArchived()) {
            throw AppException.conflict(
                    "product-archived",
                    "The product " + found.sku()
                            + " is archived and can't be changed. POST /api/products/{sku}/restore takes it"
                            + " back as a draft.");
        }
        return found;
    }

    public static AppException notFound(String sku) {
        return AppException.notFound("product-not-found", "There is no product with the SKU " + sku + ".");
    }
}
