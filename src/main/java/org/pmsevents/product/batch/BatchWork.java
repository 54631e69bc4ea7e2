package org.pmsevents.product.batch;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.product.Product;
import org.pmsevents.product.ProductWriter;
import org.pmsevents.queue.Job;

/** How far the lines of one batch have come. Used by one thread at a time. */
final class BatchWork {
    /** The order of the database, in which rows are locked. */
    private static final Comparator<String> ORDER =
            Comparator.comparing(sku -> sku.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    /** How many violations are told of all lines together, beside the first of each. */
    private static final int MAX_VIOLATIONS = 10_000;

    /** The result of a line that is given up. */
    static final AppException HELD = AppException.unavailable(
            "database-busy", "The product is being changed by somebody else. Nothing was changed.", 1);

    private final List<ParsedBody> lines;
    private final LineJudge judge;
    private final BatchOptions options;
    private final @Nullable LineResult[] results;
    private final Map<String, ProductPlan> plans = new TreeMap<>(ORDER);
    private final Map<String, ProductPlan> written = new LinkedHashMap<>();
    private final Map<String, ProductPlan> left = new HashMap<>();
    private int violations;
    private Optional<Long> notice = Optional.empty();
    private @Nullable UUID lastEvent;

    BatchWork(List<ParsedBody> lines, LineJudge judge, BatchOptions options) {
        this.lines = lines;
        this.judge = judge;
        this.options = options;
        this.results = new LineResult[lines.size()];
    }

    BatchOptions options() {
        return options;
    }

    LineJudge judge() {
        return judge;
    }

    /** The SKUs that these lines name, in the order of the database. */
    Collection<String> skus(List<Integer> indexes) {
        var skus = new TreeSet<String>(ORDER);
        indexes.forEach(index -> LineRules.sku(lines.get(index)).ifPresent(skus::add));
        return skus;
    }

    /** Judges these lines, all of each SKU; returns what is to be done to each product, in the order of the database. */
    List<ProductPlan> judge(List<Integer> indexes, List<Product> found, Instant now) {
        var stored = found.stream().collect(Collectors.toMap(Product::sku, Function.identity()));
        var round = new TreeMap<String, ProductPlan>(ORDER);
        for (int index : indexes) {
            var line = lines.get(index);
            var sku = LineRules.sku(line).orElse(null);
            var plan =
                    sku == null ? null : round.computeIfAbsent(sku, first -> new ProductPlan(first, stored.get(first)));
            results[index] = judge(index, line, plan, now);
        }
        plans.putAll(round);
        return List.copyOf(round.values());
    }

    private LineResult judge(int index, ParsedBody line, @Nullable ProductPlan plan, Instant now) {
        if (plan != null) {
            plan.addLine(index);
        }
        try {
            var judged = judge.judge(index, line, plan == null ? null : plan.present(), now);
            Objects.requireNonNull(plan, "a line without SKU is refused").add(judged);
            return LineResult.accepted(index, plan.sku(), judged.status(), judged.outcome());
        } catch (AppException refusal) {
            int most = Math.max(1, MAX_VIOLATIONS - violations);
            var refused = LineResult.refused(index, LineRules.sku(line).orElse(null), refusal, most);
            violations += refused.violationCount();
            return refused;
        }
    }

    /** Whether nothing is to be written. */
    boolean isJudgedOnly() {
        return options.dryRun() || isRefused();
    }

    private boolean isRefused() {
        return options.atomic() && Arrays.stream(results).anyMatch(result -> result != null && !result.isAccepted());
    }

    /** Whether the plan can be written now: the stock of a product is locked after the product only. */
    boolean mayWrite(ProductPlan plan) {
        return options.waits() || !plan.retiresStock();
    }

    void noticed(Optional<Long> left) {
        notice = left;
    }

    void written(List<ProductWriter.Write> writes, Set<String> skus) {
        for (var write : writes) {
            if (skus.contains(write.sku())) {
                written.put(write.sku(), Objects.requireNonNull(plans.get(write.sku())));
                lastEvent =
                        write.events().get(write.events().size() - 1).metadata().id();
            }
        }
    }

    boolean isWritten(String sku) {
        return written.containsKey(sku);
    }

    /** Gives up all lines of these products. */
    void leave(List<ProductPlan> given) {
        for (var plan : given) {
            left.put(plan.sku(), plan);
            plan.indexes().forEach(index -> results[index] = LineResult.refused(index, plan.sku(), HELD));
        }
    }

    Set<String> leftSkus() {
        return Set.copyOf(left.keySet());
    }

    /** What the PMS is to have, if it wants it: what was changed, and what was to be published. */
    Stream<ProductPlan> toSync() {
        return isJudgedOnly()
                ? Stream.of()
                : plans.values().stream()
                        .filter(plan -> !left.containsKey(plan.sku()) && (plan.changes() || plan.publishes()));
    }

    /** @throws AppException 409 {@code lines-refused} with all results, if one is refused of a batch that is all or none */
    BatchResult result(List<Job> jobs) {
        var all = Arrays.stream(results).map(Objects::requireNonNull).toList();
        if (isRefused()) {
            throw AppException.conflict("lines-refused", "A line was refused, so nothing was changed.")
                    .with("results", all.stream().map(LineResult::notApplied).toList());
        }
        return new BatchResult(
                all,
                left.values().stream()
                        .flatMap(plan -> plan.indexes().stream())
                        .sorted()
                        .toList(),
                written.values().stream()
                        .filter(ProductPlan::creates)
                        .map(ProductPlan::sku)
                        .toList(),
                List.copyOf(written.keySet()),
                jobs,
                notice,
                lastEvent);
    }
}
