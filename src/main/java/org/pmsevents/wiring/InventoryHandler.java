package org.pmsevents.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.redis.client.impl.types.ErrorType;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Set;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.handler.DurableHandlers;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.level.StockLevel;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.inventory.lowstock.LowStockFlow;

/** What follows from inventory events: the stock levels in Redis, and the admins being told of low stock. */
@ApplicationScoped
public class InventoryHandler {
    private static final Set<String> PASSING = Set.of(
            "LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "OOM", "BUSY", "NOREPLICAS", "MISCONF");

    private final StockLevels levels;
    private final LowStockFlow lowStock;
    private final EventCodec codec;

    InventoryHandler(StockLevels levels, LowStockFlow lowStock, EventCodec codec) {
        this.levels = levels;
        this.lowStock = lowStock;
        this.codec = codec;
    }

    /** Waits for Redis as long as it is away, or says that it can't take anything at the moment. */
    Uni<Void> writeLevels(SqlClient transaction, List<FeedEvent> events) {
        return levels.write(events.stream().map(this::level).toList())
                .onFailure(InventoryHandler::mayPass)
                .transform(DurableHandlers.NotNowException::new);
    }

    private static boolean mayPass(Throwable failure) {
        return !(failure instanceof ErrorType error)
                || PASSING.contains(String.valueOf(error.getMessage()).split(" ", 2)[0]);
    }

    Uni<Void> tellAdmin(SqlClient transaction, FeedEvent alert) {
        return lowStock.tellAdmin(transaction, alert.message());
    }

    private StockLevel level(FeedEvent event) {
        var payload = codec.payload(event.message(), JsonNode.class);
        return new StockLevel(
                new StockKey(
                        payload.path("sku").textValue(),
                        payload.path("location").textValue()),
                payload.path("onHand").longValue(),
                payload.path("version").longValue());
    }
}
