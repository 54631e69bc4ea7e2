package org.pmsevents.inventory.read;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.inventory.Stock;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.JsonWriter;

/** Loads the stock of a product at all locations for the cache. */
@ApplicationScoped
public class StockEverywhereSource implements CacheSource {
    private final StockTable stock;
    private final Reads database;
    private final JsonWriter json;

    StockEverywhereSource(StockTable stock, Reads database, JsonWriter json) {
        this.stock = stock;
        this.database = database;
        this.json = json;
    }

    @Override
    public String kind() {
        return "locations";
    }

    @Override
    public Uni<CacheEntry> fetchFromDB(String sku) {
        return database.list(client -> stock.findEverywhere(client, sku)).map(this::entry);
    }

    private CacheEntry entry(List<Stock> found) {
        // every product has a row of stock from its creation
        return found.isEmpty()
                ? CacheEntry.absent(StockSource.NO_PRODUCT)
                : CacheEntry.unversioned(json.write(new StockJson.EverywhereView(
                        found.stream().map(StockJson::view).toList(),
                        found.stream().mapToLong(Stock::onHand).sum())));
    }
}
