package org.pmsevents.product.batch;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventType;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violations;
import org.pmsevents.product.Product;
import org.pmsevents.product.ProductChanges;
import org.pmsevents.product.ProductRules;
import org.pmsevents.product.ProductStatus;

/** What a line does to a product: the rules of the single calls, in the same order. */
public final class LineRules {
    private static final String SKU = "sku";
    private static final String STATUS = "status";

    private LineRules() {}

    /** The SKU that a line names, if it is a text that a product may have as its SKU. */
    public static Optional<String> sku(ParsedBody line) {
        return Optional.ofNullable(line.tree().path(SKU).textValue())
                .filter(sku -> sku.codePointCount(0, sku.length()) <= PathName.MAX_LENGTH && isStorable(sku));
    }

    /** PostgreSQL takes neither U+0000 nor half of a surrogate pair. */
    private static boolean isStorable(String sku) {
        return sku.indexOf(0) < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(sku);
    }

    /**
     * Judges a line.
     *
     * @param stored the product with its SKU, as it is after the lines before; null if there is none
     * @throws AppException 400 with all violations of the line; 404 {@code product-not-found}; 409 {@code product-exists}, {@code
     *     product-archived}
     */
    public static JudgedLine judge(ParsedBody line, @Nullable Product stored, BatchOptions options, Instant now) {
        var copy = new ParsedBody(line.tree(), line.violations().copy());
        if (stored == null) {
            return create(copy, options, now);
        }
        if (options.mode() == BatchMode.CREATE) {
            status(copy, options);
            ProductRules.draft(withoutStatus(copy));
            throw ProductChanges.exists(stored.sku(), Optional.of(stored));
        }
        return replace(copy, stored, options, now);
    }

    /** What a line does of which only the status counts. */
    public static JudgedLine judge(Product stored, ProductStatus status, Instant now) {
        return judged(stored, status, new ArrayList<>(), LineOutcome.UNCHANGED, now);
    }

    private static JudgedLine create(ParsedBody line, BatchOptions options, Instant now) {
        if (options.mode() == BatchMode.UPDATE) {
            throw missing(line);
        }
        var status = status(line, options);
        var created = Product.created(ProductRules.draft(withoutStatus(line)), now);
        var steps = new ArrayList<JudgedLine.Step>();
        steps.add(new JudgedLine.Step(created, EventType.PRODUCT_CREATED, List.of()));
        return judged(created, status, steps, LineOutcome.CREATED, now);
    }

    private static JudgedLine replace(ParsedBody line, Product stored, BatchOptions options, Instant now) {
        var given = status(line, options);
        boolean decides = options.status() == StatusRule.DECIDES;
        boolean staysArchived = stored.isArchived() && given == ProductStatus.ARCHIVED;
        if (!decides && !staysArchived) {
            ProductChanges.refuseArchived(stored);
        }
        if (!decides && given == ProductStatus.DRAFT && stored.status() == ProductStatus.PUBLISHED) {
            line.violations().add("/" + STATUS, "read-only", ProductRules.READ_ONLY);
        }
        var draft = ProductRules.replacement(withoutStatus(line), stored);
        var steps = new ArrayList<JudgedLine.Step>();
        var product = step(steps, stored, stored.replaced(draft, now));
        if (!decides && staysArchived && !steps.isEmpty()) {
            ProductChanges.refuseArchived(stored);
        }
        return judged(product, given, steps, steps.isEmpty() ? LineOutcome.UNCHANGED : LineOutcome.UPDATED, now);
    }

    /** Gives the product the status of the line. */
    private static JudgedLine judged(
            Product product,
            @Nullable ProductStatus status,
            List<JudgedLine.Step> steps,
            LineOutcome outcome,
            Instant now) {
        if (status == null || status == product.status()) {
            return new JudgedLine(product, List.copyOf(steps), outcome, status == ProductStatus.PUBLISHED);
        }
        var after = product;
        if (status == ProductStatus.ARCHIVED) {
            after = step(steps, after, after.archived(now));
            return new JudgedLine(after, List.copyOf(steps), LineOutcome.ARCHIVED, false);
        }
        if (status == ProductStatus.DRAFT || after.isArchived()) {
            after = step(steps, after, after.restored(now));
        }
        if (status == ProductStatus.DRAFT) {
            return new JudgedLine(after, List.copyOf(steps), LineOutcome.UPDATED, false);
        }
        var published = after.published(now);
        steps.add(new JudgedLine.Step(published, EventType.PRODUCT_PUBLISHED, List.of()));
        return new JudgedLine(published, List.copyOf(steps), LineOutcome.PUBLISHED, true);
    }

    private static Product step(List<JudgedLine.Step> steps, Product before, Product after) {
        var changed = after.changedFrom(before);
        if (changed.isEmpty()) {
            return before;
        }
        steps.add(new JudgedLine.Step(after, EventType.PRODUCT_UPDATED, changed));
        return after;
    }

    /** A line that names no SKU has all that is wrong with it said; of what does not exist nothing is. */
    private static AppException missing(ParsedBody line) {
        var named = new ParsedBody(line.tree(), new Violations());
        var sku = named.fields().requiredText(SKU, PathName.MAX_LENGTH);
        if (named.violations().isEmpty()) {
            return ProductChanges.notFound(sku);
        }
        named.violations().list().forEach(each -> line.violations().add(each.pointer(), each.code(), each.detail()));
        return AppException.validationFailed(line.violations());
    }

    private static @Nullable ProductStatus status(ParsedBody line, BatchOptions options) {
        if (!(line.tree() instanceof ObjectNode)) {
            return null;
        }
        var rule = options.status();
        var text = line.fields()
                .optionalText(
                        STATUS,
                        PathName.MAX_LENGTH,
                        name -> ProductStatus.named(name).filter(rule::allows).isPresent(),
                        "unknown-value",
                        rule.detail());
        return text == null ? null : ProductStatus.named(text).orElse(null);
    }

    /** The line without its status. */
    public static ParsedBody withoutStatus(ParsedBody line) {
        if (line.tree() instanceof ObjectNode object && object.has(STATUS)) {
            var rest = JsonNodeFactory.withExactBigDecimals(true).objectNode();
            rest.setAll(object);
            rest.remove(STATUS);
            return new ParsedBody(rest, line.violations());
        }
        return line;
    }
}
