package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.ManySource;
import org.pmsevents.platform.database.Reads;

/** Loads products for the cache. */
@ApplicationScoped
public class ProductSource implements ManySource {
    private static final CacheEntry NO_SUCH_PRODUCT = CacheEntry.absent("product-not-found");

    private final ProductTable products;
    private final Reads database;

    ProductSource(ProductTable products, Reads database) {
        this.products = products;
        this.database = database;
    }

    @Override
    public String kind() {
        return "product";
    }

    @Override
    public Uni<CacheEntry> fetchFromDB(String sku) {
        return database.byKey(client -> products.find(client, sku))
                .map(found ->
                        found.map(product -> ProductJson.view(product).cached()).orElse(NO_SUCH_PRODUCT));
    }

    @Override
    public Uni<Map<String, CacheEntry>> fetchAllFromDB(List<String> skus) {
        return database.list(client -> products.findAll(client, skus)).map(found -> {
            var entries = new HashMap<String, CacheEntry>();
            skus.forEach(sku -> entries.put(sku, NO_SUCH_PRODUCT));
            found.forEach(product ->
                    entries.put(product.sku(), ProductJson.view(product).cached()));
            return entries;
        });
    }
}
