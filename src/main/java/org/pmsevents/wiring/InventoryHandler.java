package org.pmsevents.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.handler.DurableHandlers;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.level.StockLevel;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.inventory.lowstock.LowStockFlow;

/** Handles inventory events: writes the stock levels to Redis, and alerts the administrators of low stock. */
@ApplicationScoped
public class InventoryHandler {
    private static final Set<String> TEMPORARY = Set.of(
            "LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "OOM", "BUSY", "NOREPLICAS", "MISCONF");

    private final StockLevels levels;
    private final LowStockFlow lowStock;
    private final EventCodec codec;

    InventoryHandler(StockLevels levels, LowStockFlow lowStock, EventCodec codec) {
        this.levels = levels;
        this.lowStock = lowStock;
        this.codec = codec;
    }

    /** Fails with {@link DurableHandlers.NotNowException}, to be retried, while Redis is unavailable or temporarily refuses writes. */
    Uni<Void> writeLevels(SqlClient transaction, List<FeedEvent> events) {
        return levels.write(events.stream().map(this::level).toList())
                .onFailure(InventoryHandler::isTemporary)
                .transform(DurableHandlers.NotNowException::new);
    }

    private static boolean isTemporary(Throwable failure) {
        return !(failure instanceof ErrorType error)
                || TEMPORARY.contains(String.valueOf(error.getMessage()).split(" ", 2)[0]);
    }

    Uni<Void> tellAdmin(SqlClient transaction, FeedEvent alert) {
        return lowStock.tellAdmin(transaction, alert.message());
    }

    /** A product is created with its main stock, which is empty and has version 1. */
    private StockLevel level(FeedEvent event) {
        if (event.message().type() == EventType.PRODUCT_CREATED) {
            return new StockLevel(new StockKey(event.message().subject(), StockKey.MAIN), 0, 1);
        }
        var payload = codec.payload(event.message(), JsonNode.class);
        return new StockLevel(
                new StockKey(
                        payload.path("sku").textValue(),
                        payload.path("location").textValue()),
                payload.path("onHand").longValue(),
                payload.path("version").longValue());
    }
}
