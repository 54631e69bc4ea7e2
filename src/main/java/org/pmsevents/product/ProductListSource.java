package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.function.Function;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;

/** Loads pages of products for the cache. */
@ApplicationScoped
public class ProductListSource implements CacheSource {
    private final ProductTable products;
    private final Reads database;
    private final JsonWriter json;

    ProductListSource(ProductTable products, Reads database, JsonWriter json) {
        this.products = products;
        this.database = database;
        this.json = json;
    }

    @Override
    public String kind() {
        return "products";
    }

    private Uni<List<Product>> found(ProductQuery query, int limit) {
        Function<SqlClient, Uni<List<Product>>> list =
                client -> products.list(client, query.after(), query.status(), query.tag(), query.search(), limit);
        return query.search() == null && query.tag() == null ? database.list(list) : database.search(list);
    }

    @Override
    public Uni<CacheEntry> fetchFromDB(String id) {
        var query = ProductQuery.of(id);
        var page = new PageRequest(ProductQuery.LIST, query.limit(), query.after());
        return found(query, page.oneMore())
                .map(found -> page.page(found, Product::sku))
                .map(found ->
                        new Page<>(found.items().stream().map(ProductJson::of).toList(), found.next()))
                .map(found -> CacheEntry.unversioned(json.write(found)));
    }
}
