package org.pmsevents.inventory.read;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheSource;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockQuery;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;

/** Loads pages of stock for the cache. */
@ApplicationScoped
public class StockListSource implements CacheSource {
    private final StockTable stock;
    private final Reads database;
    private final JsonWriter json;

    StockListSource(StockTable stock, Reads database, JsonWriter json) {
        this.stock = stock;
        this.database = database;
        this.json = json;
    }

    @Override
    public String kind() {
        return "stocks";
    }

    @Override
    public Uni<CacheEntry> fetchFromDB(String id) {
        var query = StockQuery.of(id);
        var page = new PageRequest(StockQuery.LIST, query.limit(), null);
        return database.list(client -> stock.list(client, query.after(), query.location(), query.low(), page.oneMore()))
                .map(found -> page.page(
                        found,
                        each -> each.key().sku()
                                + InventoryReads.SEPARATOR
                                + each.key().location()))
                .map(found ->
                        new Page<>(found.items().stream().map(StockJson::view).toList(), found.next()))
                .map(found -> CacheEntry.unversioned(json.write(found)));
    }
}
