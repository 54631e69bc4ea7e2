package org.pmsevents.product;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A product as it is stored.
 *
 * @param draft the fields that callers set
 * @param version 1 at creation, plus one with every change; the ETag
 * @param publishedAt when it was first published
 */
public record Product(
        ProductDraft draft,
        ProductStatus status,
        long version,
        Instant createdAt,
        Instant updatedAt,
        @Nullable Instant publishedAt) {

    public static Product created(ProductDraft draft, Instant now) {
        return new Product(draft, ProductStatus.DRAFT, 1, now, now, null);
    }

    public Product replaced(ProductDraft draft, Instant now) {
        return new Product(draft, status, version + 1, createdAt, now, publishedAt);
    }

    public Product published(Instant now) {
        return new Product(draft, ProductStatus.PUBLISHED, version + 1, createdAt, now, now);
    }

    public Product archived(Instant now) {
        return new Product(draft, ProductStatus.ARCHIVED, version + 1, createdAt, now, publishedAt);
    }

    /** As a draft again; when it was first published stays known. */
    public Product restored(Instant now) {
        return new Product(draft, ProductStatus.DRAFT, version + 1, createdAt, now, publishedAt);
    }

    public boolean isArchived() {
        return status == ProductStatus.ARCHIVED;
    }

    public String sku() {
        return draft.sku();
    }

    /** The names of the fields, except version and updatedAt, that differ from another state of the product. */
    public List<String> changedFrom(Product other) {
        var changed = new ArrayList<String>();
        note(changed, "name", draft.name(), other.draft.name());
        note(changed, "description", draft.description(), other.draft.description());
        note(changed, "price", draft.price(), other.draft.price());
        note(changed, "tags", draft.tags(), other.draft.tags());
        note(
                changed,
                "attributes",
                draft.attributes().toString(),
                other.draft.attributes().toString());
        note(changed, "status", status, other.status);
        note(changed, "publishedAt", publishedAt, other.publishedAt);
        return changed;
    }

    private static void note(List<String> changed, String field, @Nullable Object now, @Nullable Object before) {
        if (!Objects.equals(now, before)) {
            changed.add(field);
        }
    }
}
