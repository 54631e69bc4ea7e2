package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.database.Transactions;
import org.pmsevents.error.AppException;
import org.pmsevents.paging.Page;
import org.pmsevents.paging.PageRequest;

/** Reads stock, its ledger and locations. */
@ApplicationScoped
public class InventoryReads {
    /** Between the SKU and the location of a page's key; in neither of them. */
    private static final char SEPARATOR = '/';

    private final StockTable stock;
    private final StockChangeTable ledger;
    private final Transactions database;

    InventoryReads(StockTable stock, StockChangeTable ledger, Transactions database) {
        this.stock = stock;
        this.ledger = ledger;
        this.database = database;
    }

    /**
     * Reads a stock.
     *
     * @throws AppException 404 {@code product-not-found}, or {@code stock-not-found} if it was never at that location
     */
    Uni<InventoryJson.StockView> read(String sku, @Nullable String location) {
        var key = new StockKey(sku, location == null ? StockKey.MAIN : location);
        return database.read(client -> stock.find(client, key))
                .chain(found -> found.isPresent()
                        ? Uni.createFrom().item(InventoryJson.view(found.get()))
                        : refuseUnknown(sku).chain(() -> Uni.createFrom().failure(InventoryJson.stockNotFound(key))));
    }

    /** Lists stock in the order of SKU and location; only what is low, if so wanted. */
    Uni<Page<InventoryJson.StockView>> list(@Nullable String location, boolean low, PageRequest page) {
        return database.read(client -> stock.list(client, after(page), location, low, page.oneMore()))
                .map(found -> page.page(
                        found, each -> each.key().sku() + SEPARATOR + each.key().location()))
                .map(found -> new Page<>(
                        found.items().stream().map(InventoryJson::view).toList(), found.next()));
    }

    /**
     * The ledger of a product, at one location or all, the newest first.
     *
     * @throws AppException 404 {@code product-not-found}
     */
    Uni<Page<Movement>> movements(String sku, @Nullable String location, PageRequest page) {
        var before = page.afterNumber();
        return refuseUnknown(sku)
                .chain(() -> database.read(client -> ledger.movements(client, sku, location, before, page.oneMore())))
                .map(found -> page.page(found, movement -> Long.toString(movement.seq())));
    }

    /**
     * Reads a location.
     *
     * @throws AppException 404 {@code location-not-found}
     */
    Uni<InventoryJson.LocationView> readLocation(String location) {
        return database.read(client -> stock.findLocation(client, location))
                .map(found -> found.orElseThrow(
                        () -> AppException.notFound("location-not-found", "There is no location " + location + ".")))
                .map(backorders -> new InventoryJson.LocationView(location, backorders));
    }

    /** How many stocks are low. */
    public Uni<Long> countLow() {
        return database.read(stock::countLow);
    }

    private Uni<Void> refuseUnknown(String sku) {
        return database.read(client -> stock.exists(client, sku))
                .invoke(exists -> {
                    if (!exists) {
                        throw InventoryJson.productNotFound(sku);
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
                        "?after", "format", "after must be the next of an earlier page."));
    }
}
