package org.pmsevents.inventory;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON forms of stock and locations. */
public final class StockJson {
    private StockJson() {}

    /** A stock in REST answers. */
    @RegisterForReflection
    public record StockView(
            String sku,
            String location,
            long onHand,
            @Nullable Long threshold,
            long version,
            Instant updatedAt) {}

    /**
     * The stock of a product at all locations in REST answers.
     *
     * @param onHand the sum
     */
    @RegisterForReflection
    public record EverywhereView(List<StockView> items, long onHand) {}

    /** A location in REST answers. */
    @RegisterForReflection
    public record LocationView(String location, boolean backorders) {}

    public static StockView view(Stock stock) {
        return new StockView(
                stock.key().sku(),
                stock.key().location(),
                stock.onHand(),
                stock.threshold(),
                stock.version(),
                stock.updatedAt());
    }
}
