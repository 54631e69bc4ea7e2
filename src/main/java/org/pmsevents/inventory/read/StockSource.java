package org.pmsevents.inventory.read;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.JsonWriter;

/** Loads stock for the cache. */
@ApplicationScoped
public class StockSource implements CacheSource {
    static final String NO_PRODUCT = "product-not-found";
    static final String NO_STOCK = "stock-not-found";

    private final StockTable stock;
    private final Reads database;
    private final JsonWriter json;

    StockSource(StockTable stock, Reads database, JsonWriter json) {
        this.stock = stock;
        this.database = database;
        this.json = json;
    }

    @Override
    public String kind() {
        return "stock";
    }

    @Override
    public Uni<CacheEntry> fetchFromDB(String id) {
        int separator = id.indexOf(InventoryReads.SEPARATOR);
        return fetchFromDB(new StockKey(id.substring(0, separator), id.substring(separator + 1)));
    }

    Uni<CacheEntry> fetchFromDB(StockKey key) {
        return database.byKey(client -> stock.find(client, key))
                .chain(found -> found.isPresent()
                        ? Uni.createFrom()
                                .item(new CacheEntry(found.get().version(), json.write(StockJson.view(found.get()))))
                        : absent(key.sku()));
    }

    private Uni<CacheEntry> absent(String sku) {
        return database.byKey(client -> stock.exists(client, sku))
                .map(exists -> CacheEntry.absent(exists ? NO_STOCK : NO_PRODUCT));
    }
}
