package org.pmsevents.inventory.read;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.ManySource;
import org.pmsevents.inventory.Stock;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.JsonWriter;

/** Loads stock for the cache. */
@ApplicationScoped
public class StockSource implements ManySource {
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
        return fetchFromDB(key(id));
    }

    @Override
    public Uni<Map<String, CacheEntry>> fetchAllFromDB(List<String> ids) {
        var keys = ids.stream().map(StockSource::key).toList();
        return database.list(client -> stock.findAll(client, keys)).map(found -> {
            var entries = new HashMap<String, CacheEntry>();
            found.forEach(each -> entries.put(id(each.key()), entry(each)));
            return entries;
        });
    }

    private CacheEntry entry(StockTable.Found found) {
        var there = found.stock();
        return there == null ? CacheEntry.absent(found.isProduct() ? NO_STOCK : NO_PRODUCT) : entry(there);
    }

    private CacheEntry entry(Stock stock) {
        return new CacheEntry(stock.version(), json.write(StockJson.view(stock)));
    }

    private static String id(StockKey key) {
        return key.sku() + InventoryReads.SEPARATOR + key.location();
    }

    private static StockKey key(String id) {
        int separator = id.indexOf(InventoryReads.SEPARATOR);
        return new StockKey(id.substring(0, separator), id.substring(separator + 1));
    }

    Uni<CacheEntry> fetchFromDB(StockKey key) {
        return database.byKey(client -> stock.find(client, key))
                .chain(found -> found.isPresent() ? Uni.createFrom().item(entry(found.get())) : absent(key.sku()));
    }

    private Uni<CacheEntry> absent(String sku) {
        return database.byKey(client -> stock.exists(client, sku))
                .map(exists -> CacheEntry.absent(exists ? NO_STOCK : NO_PRODUCT));
    }
}
