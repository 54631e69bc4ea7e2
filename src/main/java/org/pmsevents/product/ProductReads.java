package org.pmsevents.product;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheFlow;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.database.Transactions;
import org.pmsevents.event.Origin;
import org.pmsevents.json.PathName;
import org.pmsevents.paging.Page;
import org.pmsevents.paging.PageRequest;

/** Reads products: one by one through the cache, lists and history from PostgreSQL. */
@ApplicationScoped
public class ProductReads {
    private final ProductTable products;
    private final ProductHistoryTable history;
    private final Transactions database;
    private final CacheFlow cache;

    ProductReads(ProductTable products, ProductHistoryTable history, Transactions database, CacheFlow cache) {
        this.products = products;
        this.history = history;
        this.database = database;
        this.cache = cache;
    }

    /**
     * Reads a product, from the cache if it is there.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    Uni<ProductView> read(String sku, Origin origin) {
        if (!PathName.isValid(sku)) {
            return Uni.createFrom().failure(() -> ProductFlow.notFound(sku));
        }
        return cache.read(CacheKey.product(sku), origin, () -> fetchFromDB(sku))
                .map(found -> found.orElseThrow(() -> ProductFlow.notFound(sku)))
                .map(entry -> new ProductView(sku, entry.version(), entry.json()));
    }

    /**
     * Lists products in the order of their SKUs.
     *
     * @param search a part of the name or SKU, in any case
     */
    Uni<Page<ObjectNode>> list(
            @Nullable ProductStatus status, @Nullable String tag, @Nullable String search, PageRequest page) {
        return database.read(client -> products.list(client, page.after(), status, tag, search, page.oneMore()))
                .map(found -> page.page(found, Product::sku))
                .map(found ->
                        new Page<>(found.items().stream().map(ProductJson::of).toList(), found.next()));
    }

    /**
     * Who changed what of a product and when, the newest first.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    Uni<Page<ProductHistoryEntry>> history(String sku, PageRequest page) {
        var before = page.afterNumber();
        return database.read(client -> products.find(client, sku))
                .map(found -> found.orElseThrow(() -> ProductFlow.notFound(sku)))
                .chain(() -> database.read(client -> history.list(client, sku, before, page.oneMore())))
                .map(entries -> page.page(entries, entry -> Long.toString(entry.position())));
    }

    private Uni<Optional<CacheEntry>> fetchFromDB(String sku) {
        return database.read(client -> products.find(client, sku))
                .map(found -> found.map(product -> ProductJson.view(product).cached()));
    }
}
