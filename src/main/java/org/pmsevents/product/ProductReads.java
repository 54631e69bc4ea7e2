package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.cache.CacheAnswer;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.flow.CacheFlow;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.paging.NamesRequest;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.product.history.ProductHistoryEntry;
import org.pmsevents.product.history.ProductHistoryTable;

/** Reads products and lists through the cache, and histories from PostgreSQL. */
@ApplicationScoped
public class ProductReads {
    private final ProductTable products;
    private final ProductHistoryTable history;
    private final Reads database;
    private final CacheFlow cache;

    ProductReads(ProductTable products, ProductHistoryTable history, Reads database, CacheFlow cache) {
        this.products = products;
        this.history = history;
        this.database = database;
        this.cache = cache;
    }

    /**
     * Reads a product through the cache.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    Uni<CacheAnswer> read(String sku, RequestContext context) {
        if (!PathName.isAddressable(sku)) {
            return Uni.createFrom().failure(() -> ProductChanges.notFound(sku));
        }
        return cache.read(CacheKey.product(sku), context).invoke(found -> {
            if (found.entry().isAbsent()) {
                throw ProductChanges.notFound(sku);
            }
        });
    }

    /** Reads the products with these SKUs through the cache: {@code {"items":[…],"missing":[…]}}, in the order asked. */
    Uni<CacheAnswer> readAll(NamesRequest skus, RequestContext context) {
        return cache.readAll(skus.names(), PathName::isAddressable, CacheKey::product, context);
    }

    /** Lists products in the order of their SKUs, through the cache. */
    Uni<CacheAnswer> list(ProductQuery query, RequestContext context) {
        return cache.read(CacheKey.products(query.id()), context);
    }

    /**
     * Lists the changes of a product, the newest first.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    Uni<Page<ProductHistoryEntry>> history(String sku, PageRequest page) {
        var before = page.afterNumber();
        return database.byKey(client -> products.find(client, sku))
                .map(found -> found.orElseThrow(() -> ProductChanges.notFound(sku)))
                .chain(() -> database.list(client -> history.list(client, sku, before, page.oneMore())))
                .map(entries -> page.page(entries, entry -> Long.toString(entry.position())));
    }
}
