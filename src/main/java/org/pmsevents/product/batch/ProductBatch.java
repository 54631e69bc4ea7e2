package org.pmsevents.product.batch;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.Deadline;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.inventory.api.InventoryFlow;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.product.Product;
import org.pmsevents.product.ProductChangeTable;
import org.pmsevents.product.ProductSyncFlow;
import org.pmsevents.product.ProductTable;
import org.pmsevents.product.ProductWriter;

/**
 * Applies many lines to products in the transaction of a caller: a statement reads all products, and one for each chunk writes products,
 * stock and events. Several lines of one SKU are applied in their order. Nobody waits for rows that others hold, unless asked to; two
 * batches can't deadlock, because they take their rows in one order.
 */
@ApplicationScoped
public class ProductBatch {
    /** How many lines are applied at once. */
    public static final int MAX_LINES = 1_000;

    private static final int CHUNK_LINES = 250;
    private static final int CHUNK_LENGTH = 1024 * 1024;

    /** A product that somebody else creates meanwhile is read again; it can't be deleted since. */
    private static final int ROUNDS = 4;

    /** About the length of a line, to judge many of them on a worker thread. */
    private static final int LINE_LENGTH = 1024;

    private final ProductTable products;
    private final ProductChangeTable changes;
    private final ProductSyncFlow sync;
    private final InventoryFlow inventory;
    private final InvalidationFlow cache;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final Clock clock;

    ProductBatch(
            ProductTable products,
            ProductChangeTable changes,
            ProductSyncFlow sync,
            InventoryFlow inventory,
            InvalidationFlow cache,
            EventPublisher events,
            AfterCommit afterCommit,
            Clock clock) {
        this.products = products;
        this.changes = changes;
        this.sync = sync;
        this.inventory = inventory;
        this.cache = cache;
        this.events = events;
        this.afterCommit = afterCommit;
        this.clock = clock;
    }

    /**
     * Applies the lines, each by itself unless {@link BatchOptions#atomic}: a line that is refused has that as its result. After the commit
     * call {@link #announce}.
     *
     * @param lines at most {@value #MAX_LINES}; the tree of each is a product as the single calls take it, with {@code status}; the
     *     violations are those that were found when it was read, with pointers into the line
     * @return fails with what PostgreSQL refuses, or with {@link AppException} 409 {@code lines-refused} if the batch is all or none and a
     *     line is refused; the transaction must then be rolled back
     */
    public Uni<BatchResult> write(
            SqlClient transaction, List<ParsedBody> lines, BatchOptions options, RequestContext context) {
        return write(transaction, lines, new CatalogueJudge(options), options, context);
    }

    /** The same with rules of the caller's own. */
    public Uni<BatchResult> write(
            SqlClient transaction,
            List<ParsedBody> lines,
            LineJudge judge,
            BatchOptions options,
            RequestContext context) {
        if (lines.size() > MAX_LINES) {
            throw new IllegalArgumentException(lines.size() + " lines");
        }
        var work = new BatchWork(lines, judge, options);
        return round(transaction, work, allOf(lines), context, 1)
                .chain(() ->
                        work.isJudgedOnly() ? Uni.createFrom().voidItem() : judge.settled(transaction, work.leftSkus()))
                .chain(() -> sync.createJobs(transaction, wanted(work), context))
                .map(work::result);
    }

    private static List<Integer> allOf(List<ParsedBody> lines) {
        return IntStream.range(0, lines.size()).boxed().toList();
    }

    /** Applies the lines with these indexes. */
    private Uni<Void> round(
            SqlClient transaction, BatchWork work, List<Integer> indexes, RequestContext context, int number) {
        var skus = work.skus(indexes);
        return find(transaction, work.options(), skus)
                .chain(found -> work.judge().prepare(transaction, skus).chain(() -> judge(work, indexes, found)))
                .chain(plans -> work.isJudgedOnly()
                        ? Uni.createFrom().voidItem()
                        : write(transaction, work, plans, context, number));
    }

    private Uni<List<Product>> find(SqlClient transaction, BatchOptions options, Collection<String> skus) {
        return options.waits() && !options.dryRun()
                ? products.lockAll(transaction, skus)
                : products.findAll(transaction, skus);
    }

    private Uni<List<ProductPlan>> judge(BatchWork work, List<Integer> indexes, List<Product> found) {
        return StrictJson.offLoop(indexes.size() * LINE_LENGTH, () -> work.judge(indexes, found, clock.instant()));
    }

    private Uni<Void> write(
            SqlClient transaction, BatchWork work, List<ProductPlan> plans, RequestContext context, int number) {
        var open = plans.stream().filter(plan -> work.mayWrite(plan)).toList();
        work.leave(plans.stream().filter(plan -> !work.mayWrite(plan)).toList());
        var retired = open.stream()
                .filter(ProductPlan::retiresStock)
                .map(ProductPlan::sku)
                .toList();
        return retire(transaction, work, retired)
                .chain(() -> StrictJson.offLoop(
                        open.size() * LINE_LENGTH,
                        () -> open.stream()
                                .filter(ProductPlan::changes)
                                .map(plan -> plan.write(events, context))
                                .toList()))
                .chain(writes -> write(transaction, work, writes, 0, context))
                .chain(() -> settle(transaction, work, open, context, number));
    }

    private Uni<Void> retire(SqlClient transaction, BatchWork work, List<String> skus) {
        return skus.isEmpty()
                ? Uni.createFrom().voidItem()
                : inventory.retireStock(transaction, skus).invoke(work::noticed).replaceWithVoid();
    }

    private Uni<Void> write(
            SqlClient transaction, BatchWork work, List<ProductWriter.Write> writes, int from, RequestContext context) {
        if (from == writes.size()) {
            return Uni.createFrom().voidItem();
        }
        int to = endOfChunk(writes, from);
        return changes.change(transaction, writes.subList(from, to))
                .invoke(written -> work.written(writes.subList(from, to), written))
                .invoke(written -> writes.subList(from, to).stream()
                        .filter(write -> written.contains(write.sku()))
                        .flatMap(write -> write.events().stream())
                        .forEach(event -> events.written(context, event)))
                .chain(() -> write(transaction, work, writes, to, context));
    }

    private static int endOfChunk(List<ProductWriter.Write> writes, int from) {
        long length = 0;
        int to = from;
        while (to < writes.size() && to - from < CHUNK_LINES && (to == from || length < CHUNK_LENGTH)) {
            length += writes.get(to).events().stream()
                    .mapToLong(event -> event.payload().length())
                    .sum();
            to++;
        }
        return to;
    }

    /** What was not written is left, or judged again where rows are waited for: then somebody has created the product meanwhile. */
    private Uni<Void> settle(
            SqlClient transaction, BatchWork work, List<ProductPlan> plans, RequestContext context, int number) {
        var rest = plans.stream()
                .filter(plan -> plan.changes() && !work.isWritten(plan.sku()))
                .toList();
        if (rest.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        if (!work.options().waits() || number == ROUNDS) {
            work.leave(rest);
            return Uni.createFrom().voidItem();
        }
        var indexes =
                rest.stream().flatMap(plan -> plan.indexes().stream()).sorted().toList();
        return round(transaction, work, indexes, context, number + 1);
    }

    private List<ProductSyncFlow.Wanted> wanted(BatchWork work) {
        return work.toSync()
                .filter(plan -> sync.isWanted(plan.after()))
                .map(plan -> new ProductSyncFlow.Wanted(
                        plan.after(), plan.lastEvent().orElseGet(() -> UuidV7.next(clock))))
                .toList();
    }

    /** After the commit: announces what was written, and waits a moment until this replica has told it. Never fails. */
    public Uni<Void> announce(BatchResult result, RequestContext context) {
        var until = afterCommit.answerBy();
        sync.announce(result.jobs());
        inventory.stockRetired(result.notice(), context);
        return afterCommit(result, "emitEvent", until, context, events::published)
                .chain(() -> afterCommit(result, "invalidateCache", until, context, last -> clearCache(result)))
                .chain(() -> afterCommit(result, "notifyWebSocket", until, context, events::dispatched));
    }

    private Uni<Void> clearCache(BatchResult result) {
        var tags = new ArrayList<CacheTag>();
        tags.add(CacheTag.products());
        result.changed().forEach(sku -> tags.add(CacheKey.product(sku).tag()));
        if (!result.created().isEmpty()) {
            tags.add(CacheTag.stocks());
            result.created().forEach(sku -> tags.add(CacheTag.stock(sku)));
        }
        cache.clear(tags);
        return Uni.createFrom().voidItem();
    }

    private Uni<Void> afterCommit(
            BatchResult result, String step, Deadline until, RequestContext context, Function<UUID, Uni<?>> work) {
        var last = Optional.ofNullable(result.lastEvent());
        return last.isEmpty()
                ? Uni.createFrom().voidItem()
                : afterCommit.attempt(step, context, until, () -> work.apply(last.get()));
    }
}
