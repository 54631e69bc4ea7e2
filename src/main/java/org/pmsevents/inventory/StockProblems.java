package org.pmsevents.inventory;

import org.pmsevents.platform.problem.AppException;

/** What a caller is told where there is no such stock. */
public final class StockProblems {
    private StockProblems() {}

    public static AppException productNotFound(String sku) {
        return AppException.notFound("product-not-found", "There is no product with the SKU " + sku + ".");
    }

    public static AppException stockNotFound(StockKey key) {
        return AppException.notFound(
                "stock-not-found", "The product " + key.sku() + " has never had stock at " + key.location() + ".");
    }
}
