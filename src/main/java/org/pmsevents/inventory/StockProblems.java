package org.pmsevents.inventory;

import org.pmsevents.platform.problem.AppException;

/** The problems for stock that does not exist. */
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
