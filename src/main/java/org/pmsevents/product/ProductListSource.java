package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;

/** Loads pages of products for the cache. */
@ApplicationScoped
public class ProductListSource implements CacheSource {
    private final ProductTable products;
    private final Transactions database;
    private final JsonWriter json;

    ProductListSource(ProductTable products, Transactions database, JsonWriter json) {
        this.products = products;
        this.database = database;
        this.json = json;
    }

    @Override
    public String kind() {
        return "products";
    }

    @Override
    public Uni<CacheEntry> fetchFromDB(String id) {
        var query = ProductQuery.of(id);
        var page = new PageRequest(ProductQuery.LIST, query.limit(), query.after());
        return database.read(client -> products.list(
                        client, query.after(), query.status(), query.tag(), query.search(), page.oneMore()))
                .map(found -> page.page(found, Product::sku))
                .map(found ->
                        new Page<>(found.items().stream().map(ProductJson::of).toList(), found.next()))
                .map(found -> CacheEntry.unversioned(json.write(found)));
    }
}
