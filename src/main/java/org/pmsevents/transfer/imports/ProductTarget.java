package org.pmsevents.transfer.imports;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.problem.Violations;
import org.pmsevents.product.Product;
import org.pmsevents.product.batch.BatchMode;
import org.pmsevents.product.batch.BatchOptions;
import org.pmsevents.product.batch.BatchResult;
import org.pmsevents.product.batch.JudgedLine;
import org.pmsevents.product.batch.LineJudge;
import org.pmsevents.product.batch.LineResult;
import org.pmsevents.product.batch.LineRules;
import org.pmsevents.product.batch.ProductBatch;
import org.pmsevents.product.batch.StatusRule;
import org.pmsevents.transfer.file.Fault;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.Line;

/**
 * Products, by the rules of the single calls. What a file has no column for stays as it is in products that there are; an empty cell
 * empties it.
 */
@ApplicationScoped
class ProductTarget implements Target {
    private static final int CREATED = 201;

    private final ProductBatch batch;
    private final ImportTable table;

    ProductTarget(ProductBatch batch, ImportTable table) {
        this.batch = batch;
        this.table = table;
    }

    @Override
    public ImportKind kind() {
        return ImportKind.PRODUCTS;
    }

    @Override
    public String subject(Line line) {
        var tree = line.tree();
        var sku = tree == null ? "" : tree.path("sku").asText();
        return StockLine.isTooLong(sku) ? "" : sku;
    }

    @Override
    public Uni<Applied> apply(
            Transactions.Limited transaction, Import about, List<Line> lines, Map<String, Integer> seen) {
        var mode = BatchMode.named(ImportRequest.of(about).mode()).orElseThrow();
        var options = BatchOptions.of(mode)
                .with(StatusRule.ARCHIVES)
                .preview(about.dryRun())
                .waiting();
        var bodies = lines.stream()
                .map(line -> new ParsedBody(Objects.requireNonNull(line.tree()), new Violations()))
                .toList();
        return transaction
                .next(client -> table.limitLocks(client)
                        .chain(() ->
                                batch.write(client, bodies, new Completing(options, lines), options, about.context())))
                .map(result -> applied(about, lines, result));
    }

    private Applied applied(Import about, List<Line> lines, BatchResult result) {
        if (!result.left().isEmpty()) {
            throw new ConflictException(new IllegalStateException("others have just changed the same products"));
        }
        var created = new HashSet<>(result.created());
        return new Applied(
                result.results().stream()
                        .map(each -> outcome(lines.get(each.index()), each, created))
                        .toList(),
                () -> batch.announce(result, about.context()));
    }

    private static Outcome outcome(Line line, LineResult result, Set<String> created) {
        if (!result.isAccepted()) {
            return Outcome.refused(fault(line, result));
        }
        if (result.status() == CREATED) {
            return Outcome.CREATED;
        }
        var what = String.valueOf(result.outcome());
        return what.equals("unchanged")
                ? Outcome.UNCHANGED
                : what.equals("created") || (!what.equals("updated") && created.remove(result.sku()))
                        ? Outcome.CREATED
                        : Outcome.UPDATED;
    }

    private static Fault fault(Line line, LineResult result) {
        var violations = result.violations();
        if (violations != null && !violations.isEmpty()) {
            var first = violations.get(0);
            var others = violations.size() > 1 ? " (" + (violations.size() - 1) + " more in this line)" : "";
            return line.fault(first.pointer(), first.code(), first.detail() + others);
        }
        return new Fault(null, String.valueOf(result.code()), String.valueOf(result.detail()));
    }

    /** Judges lines after it has completed them with what the products have. */
    private record Completing(BatchOptions options, List<Line> lines) implements LineJudge {
        @Override
        public Uni<Void> prepare(SqlClient transaction, Collection<String> skus) {
            return Uni.createFrom().voidItem();
        }

        @Override
        public JudgedLine judge(int index, ParsedBody line, @Nullable Product stored, Instant now) {
            var tree = lines.get(index).tree();
            return LineRules.judge(
                    stored == null || tree == null
                            ? line
                            : new ParsedBody(completed(lines.get(index), tree, stored), line.violations()),
                    stored,
                    options,
                    now);
        }

        @Override
        public Uni<Void> settled(SqlClient transaction, Collection<String> left) {
            return Uni.createFrom().voidItem();
        }

        private static ObjectNode completed(Line line, ObjectNode tree, Product stored) {
            var draft = stored.draft();
            var whole = JsonNodeFactory.withExactBigDecimals(true).objectNode();
            whole.put("name", draft.name());
            whole.put("description", draft.description());
            var price = whole.putObject("price");
            price.put("amount", draft.price().amount());
            price.put("currency", draft.price().currency());
            draft.tags().forEach(whole.putArray("tags")::add);
            var attributes = draft.attributes().deepCopy();
            if (line.columns() != null) {
                attributes.remove(line.columns().attributes());
            }
            whole.set("attributes", attributes);
            tree.fields().forEachRemaining(field -> {
                if (field.getKey().equals("price") && field.getValue() instanceof ObjectNode given) {
                    whole.set("price", price.setAll(given));
                } else if (field.getKey().equals("attributes")
                        && field.getValue() instanceof ObjectNode given
                        && line.columns() != null
                        && !line.columns().has("attributes")) {
                    attributes.setAll(given);
                } else {
                    whole.set(field.getKey(), field.getValue());
                }
            });
            return whole;
        }
    }
}
