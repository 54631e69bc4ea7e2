package org.pmsevents.inventory.read;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheAnswer;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.Positioned;
import org.pmsevents.cache.flow.CacheFlow;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.inventory.LedgerTable;
import org.pmsevents.inventory.Movement;
import org.pmsevents.inventory.StockJson;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockProblems;
import org.pmsevents.inventory.StockQuery;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.json.PathName;
import org.pmsevents.platform.paging.NamesRequest;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;

/** Reads stock, its ledger and locations. */
@ApplicationScoped
public class InventoryReads implements NamedResources {
    /** Separates SKU and location in the key of a page. Neither of them contains it. */
    static final char SEPARATOR = '/';

    private final StockTable stock;
    private final LedgerTable ledger;
    private final StockSource source;
    private final Reads database;
    private final CacheFlow cache;

    InventoryReads(StockTable stock, LedgerTable ledger, StockSource source, Reads database, CacheFlow cache) {
        this.stock = stock;
        this.ledger = ledger;
        this.source = source;
        this.database = database;
        this.cache = cache;
    }

    @Override
    public String path() {
        return "/api/inventory/";
    }

    /** @throws AppException 404 {@code product-not-found} */
    @Override
    public Uni<?> find(String name, RequestContext context) {
        return refuseUnknown(name);
    }

    /**
     * Reads a stock through the cache.
     *
     * @throws AppException 404 {@code product-not-found}, or {@code stock-not-found} if the product never had stock at the location
     */
    public Uni<CacheAnswer> read(String sku, @Nullable String location, RequestContext context) {
        var key = new StockKey(sku, location == null ? StockKey.MAIN : location);
        return find(key, context).invoke(found -> {
            if (found.entry().isAbsent()) {
                throw found.entry().json().equals(StockSource.NO_STOCK)
                        ? StockProblems.stockNotFound(key)
                        : StockProblems.productNotFound(sku);
            }
        });
    }

    /** Reads the stock of these products at a location through the cache: {@code {"items":[…],"missing":[…]}}, in the order asked. */
    public Uni<CacheAnswer> readAll(NamesRequest skus, @Nullable String location, RequestContext context) {
        var at = location == null ? StockKey.MAIN : location;
        return cache.readAll(
                skus.names(),
                sku -> PathName.isAddressable(sku) && PathName.isAddressable(at),
                sku -> CacheKey.stock(sku, at),
                context);
    }

    /**
     * Reads the stock of a product at all locations, through the cache.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    public Uni<CacheAnswer> readEverywhere(String sku, RequestContext context) {
        if (!PathName.isAddressable(sku)) {
            return Uni.createFrom().failure(() -> StockProblems.productNotFound(sku));
        }
        return cache.read(CacheKey.locations(sku), context).invoke(found -> {
            if (found.entry().isAbsent()) {
                throw StockProblems.productNotFound(sku);
            }
        });
    }

    /** Invalid names bypass the cache: no stock can have them. */
    private Uni<CacheAnswer> find(StockKey key, RequestContext context) {
        return PathName.isAddressable(key.sku()) && PathName.isAddressable(key.location())
                ? cache.read(CacheKey.stock(key.sku(), key.location()), context)
                : source.fetchFromDB(key).map(found -> CacheAnswer.fresh(found, null));
    }

    /** Lists stock in the order of SKU and location through the cache; only low stock if {@code low} is true. */
    public Uni<CacheAnswer> list(@Nullable String location, boolean low, PageRequest page, RequestContext context) {
        return cache.read(CacheKey.stocks(new StockQuery(location, low, page.limit(), after(page)).id()), context);
    }

    /**
     * Lists the ledger of a product at one location, or at all if it is null; the newest movement first.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    public Uni<Positioned<Page<Movement>>> movements(String sku, @Nullable String location, PageRequest page) {
        var before = page.afterNumber();
        return cache.readUncached(() -> refuseUnknown(sku)
                .chain(() -> database.list(client -> ledger.list(client, sku, location, before, page.oneMore())))
                .map(found -> page.page(found, movement -> Long.toString(movement.seq()))));
    }

    /**
     * Reads a location.
     *
     * @throws AppException 404 {@code location-not-found}
     */
    public Uni<StockJson.LocationView> readLocation(String location) {
        return database.byKey(client -> stock.findLocation(client, location))
                .map(found -> found.orElseThrow(
                        () -> AppException.notFound("location-not-found", "There is no location " + location + ".")))
                .map(backorders -> new StockJson.LocationView(location, backorders));
    }

    /** Counts low stocks. */
    public Uni<Long> countLow() {
        return database.list(stock::countLow);
    }

    private Uni<Void> refuseUnknown(String sku) {
        return database.byKey(client -> stock.exists(client, sku))
                .invoke(exists -> {
                    if (!exists) {
                        throw StockProblems.productNotFound(sku);
                    }
                })
                .replaceWithVoid();
    }

    private static @Nullable StockKey after(PageRequest page) {
        var after = page.after();
        if (after == null) {
            return null;
        }
        int at = after.indexOf(SEPARATOR);
        return Optional.of(at)
                .filter(found -> found > 0)
                .map(found -> new StockKey(after.substring(0, found), after.substring(found + 1)))
                .orElseThrow(() -> AppException.validationFailed(
                        "?after", "format", "after must be the value of next on an earlier page."));
    }
}
