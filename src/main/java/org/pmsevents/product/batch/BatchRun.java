package org.pmsevents.product.batch;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.pgclient.PgException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.problem.Failures;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.Detached;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.tracing.TraceLog;

/**
 * Applies the lines of one request, each by itself: all that are free in one transaction, then those whose products others hold. What
 * PostgreSQL refuses to the whole is halved until it is refused to one product only. The answer that is stored under the key is that of the
 * first transaction, in which the other lines count as not applied, until a later one replaces it.
 */
final class BatchRun {
    private static final TraceLog LOG = TraceLog.of(BatchRun.class);

    /** How long lines may wait for products that others hold. */
    private static final Duration LONGEST_HELD = Duration.ofSeconds(5);

    private final ProductBatch batch;
    private final Transactions transactions;
    private final Function<List<LineResult>, String> writer;
    private final AnswerWriter answers;
    private final List<ParsedBody> lines;
    private final BatchOptions options;
    private final RequestContext context;
    private List<LineResult> results;
    private List<Integer> left = new ArrayList<>();
    private boolean committed;

    BatchRun(
            ProductBatch batch,
            Transactions transactions,
            Function<List<LineResult>, String> writer,
            AnswerWriter answers,
            List<ParsedBody> lines,
            BatchOptions options,
            RequestContext context) {
        this.batch = batch;
        this.transactions = transactions;
        this.writer = writer;
        this.answers = answers;
        this.lines = lines;
        this.options = options;
        this.context = context;
        this.results = IntStream.range(0, lines.size())
                .mapToObj(index -> LineResult.refused(
                        index, LineRules.sku(lines.get(index)).orElse(null), BatchWork.HELD))
                .toList();
    }

    /** Returns the answer once all lines have their results; goes on if the caller leaves. */
    Uni<String> run() {
        return Detached.of(
                () -> together(IntStream.range(0, lines.size()).boxed().toList())
                        .chain(() -> held(System.nanoTime() + LONGEST_HELD.toNanos()))
                        .map(done -> writer.apply(results)));
    }

    /** The lines of what others hold: each product by itself, with a lock timeout, and between them all that are free by then. */
    private Uni<Void> held(long end) {
        if (left.isEmpty() || System.nanoTime() > end) {
            return Uni.createFrom().voidItem();
        }
        var first = bySku(left).values().iterator().next();
        return alone(first)
                .chain(() -> {
                    var rest = left;
                    left = new ArrayList<>();
                    return rest.isEmpty() ? Uni.createFrom().voidItem() : together(rest);
                })
                .chain(() -> Attempt.pause(() -> held(end)));
    }

    private Uni<Void> alone(List<Integer> indexes) {
        left.removeAll(indexes);
        return apply(indexes, options.waiting())
                .onFailure(Transactions::isLocked)
                .recoverWithUni(locked -> Uni.createFrom().voidItem().invoke(() -> left.addAll(indexes)))
                .onFailure()
                .recoverWithUni(failure -> failed(indexes, failure));
    }

    private Uni<Void> together(List<Integer> indexes) {
        return apply(indexes, options)
                .onFailure(BatchRun::isRefused)
                .recoverWithUni(failure -> halved(indexes, failure))
                .onFailure(failure -> committed)
                .recoverWithUni(failure -> failed(indexes, failure));
    }

    private Uni<Void> halved(List<Integer> indexes, Throwable failure) {
        var products = List.copyOf(bySku(indexes).values());
        if (products.size() > 1) {
            int half = products.size() / 2;
            return together(flat(products.subList(0, half)))
                    .chain(() -> together(flat(products.subList(half, products.size()))));
        }
        if (Transactions.isLocked(failure)) {
            left.addAll(indexes);
            return Uni.createFrom().voidItem();
        }
        return failed(indexes, failure);
    }

    /** One transaction. Its results count when it is committed. */
    private Uni<Void> apply(List<Integer> indexes, BatchOptions how) {
        var some = indexes.stream().map(lines::get).toList();
        return transactions
                .runImpatiently(
                        context,
                        transaction -> batch.write(transaction, some, how, context)
                                .map(result -> new Applied(result, merged(indexes, result)))
                                .call(applied -> store(transaction, applied.results())))
                .invoke(applied -> {
                    committed = true;
                    results = applied.results();
                    applied.result().left().forEach(place -> left.add(indexes.get(place)));
                })
                .chain(applied -> batch.announce(applied.result(), context));
    }

    private record Applied(BatchResult result, List<LineResult> results) {}

    private List<LineResult> merged(List<Integer> indexes, BatchResult result) {
        var all = new ArrayList<>(results);
        for (int i = 0; i < indexes.size(); i++) {
            all.set(indexes.get(i), result.results().get(i).at(indexes.get(i)));
        }
        return List.copyOf(all);
    }

    private Uni<Void> store(SqlClient transaction, List<LineResult> merged) {
        if (answers.key() == null) {
            return Uni.createFrom().voidItem();
        }
        var answer = writer.apply(merged);
        return committed ? answers.replace(transaction, answer) : answers.store(transaction, answer);
    }

    /** The other lines are not refused for it. */
    private Uni<Void> failed(List<Integer> indexes, Throwable failure) {
        var refusal = Failures.of(failure);
        LOG.warnf(context, "%d lines of a batch failed: %s", indexes.size(), failure.toString());
        var all = new ArrayList<>(results);
        indexes.forEach(index -> all.set(
                index, LineResult.refused(index, LineRules.sku(lines.get(index)).orElse(null), refusal)));
        results = List.copyOf(all);
        return Uni.createFrom().voidItem();
    }

    /** Lines of one SKU stay together; each line without one is for itself. */
    private Map<String, List<Integer>> bySku(List<Integer> indexes) {
        var groups = new LinkedHashMap<String, List<Integer>>();
        for (var index : indexes) {
            var sku = LineRules.sku(lines.get(index)).orElse("\0" + index);
            groups.computeIfAbsent(sku, first -> new ArrayList<>()).add(index);
        }
        return groups;
    }

    private static List<Integer> flat(Collection<List<Integer>> groups) {
        return groups.stream().flatMap(List::stream).sorted().toList();
    }

    /** Others are in the way, or PostgreSQL refuses a value: nothing was changed, and others than the one may be fine. */
    private static boolean isRefused(Throwable failure) {
        return Transactions.isLocked(failure)
                || failure instanceof PgException refusal
                        && (String.valueOf(refusal.getSqlState()).startsWith("22")
                                || String.valueOf(refusal.getSqlState()).startsWith("23"));
    }
}
