package org.pmsevents.product.webhook;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.product.Product;
import org.pmsevents.product.batch.BatchOptions;
import org.pmsevents.product.batch.JudgedLine;
import org.pmsevents.product.batch.LineJudge;
import org.pmsevents.product.batch.LineOutcome;
import org.pmsevents.product.batch.LineRules;

/**
 * Judges lines by the versions of the PMS. The fields of a product are those of the newest line, and its status that of the newest line that
 * has one, whatever the order in which they arrive: a line without a status leaves it, so each of the two has a version of its own.
 */
final class PmsJudge implements LineJudge {
    private final PmsVersionTable table;
    private final List<PmsLine> lines;
    private final BatchOptions options;
    private final Map<String, PmsVersionTable.Applied> stored = new HashMap<>();
    private final Map<String, PmsVersionTable.Applied> applied = new HashMap<>();

    PmsJudge(PmsVersionTable table, List<PmsLine> lines, BatchOptions options) {
        this.table = table;
        this.lines = lines;
        this.options = options;
    }

    @Override
    public Uni<Void> prepare(SqlClient transaction, Collection<String> skus) {
        return table.find(transaction, skus)
                .invoke(found -> {
                    applied.keySet().removeAll(skus);
                    stored.putAll(found);
                })
                .replaceWithVoid();
    }

    @Override
    public JudgedLine judge(int index, ParsedBody line, @Nullable Product product, Instant now) {
        var given = lines.get(index);
        var version = given.version();
        var sku = LineRules.sku(line);
        if (version == null
                || sku.isEmpty()
                || product == null
                || !line.violations().isEmpty()) {
            return note(given, LineRules.judge(line, product, options, now));
        }
        var known = applied.getOrDefault(sku.get(), stored.get(sku.get()));
        boolean newFields = known == null || version.compareTo(known.fields()) > 0;
        var status = given.status();
        boolean newStatus =
                status != null && (known == null || known.status() == null || version.compareTo(known.status()) > 0);
        if (newFields) {
            var part = newStatus ? line : LineRules.withoutStatus(line);
            return note(given, LineRules.judge(part, product, options, now));
        }
        return newStatus && status != null
                ? note(given, LineRules.judge(product, status, now))
                : new JudgedLine(product, List.of(), LineOutcome.STALE, false);
    }

    private JudgedLine note(PmsLine line, JudgedLine judged) {
        var version = line.version();
        if (version != null) {
            var sku = judged.after().sku();
            var known = applied.getOrDefault(sku, stored.get(sku));
            applied.put(
                    sku,
                    new PmsVersionTable.Applied(
                            newer(known == null ? null : known.fields(), version),
                            line.status() == null
                                    ? known == null ? null : known.status()
                                    : newer(known == null ? null : known.status(), version)));
        }
        return judged;
    }

    private static BigDecimal newer(@Nullable BigDecimal known, BigDecimal version) {
        return known == null ? version : known.max(version);
    }

    @Override
    public Uni<Void> settled(SqlClient transaction, Collection<String> left) {
        applied.keySet().removeAll(left);
        return table.store(transaction, applied);
    }
}
