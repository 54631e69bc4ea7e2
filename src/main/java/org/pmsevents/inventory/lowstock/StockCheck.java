package org.pmsevents.inventory.lowstock;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.InventoryConfig;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.platform.periodic.Periodic;

/** Looks after the stock on every replica: alerts of what is low, and keeps the levels in Redis complete. Replicas share the work. */
@ApplicationScoped
public class StockCheck {
    private static final Duration LEVELS = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final LowStockFlow lowStock;
    private final StockLevels levels;
    private final InventoryConfig config;
    private final Periodic periodic;

    StockCheck(LowStockFlow lowStock, StockLevels levels, InventoryConfig config, Periodic periodic) {
        this.lowStock = lowStock;
        this.levels = levels;
        this.config = config;
        this.periodic = periodic;
    }

    void start(@Observes StartupEvent started) {
        periodic.task("inventory.low-stock", config.checkEvery(), () -> lowStock.checkStock(RequestContext.system()))
                .timeout(TIMEOUT)
                .start();
        periodic.task("inventory.levels", LEVELS, levels::goRound)
                .timeout(TIMEOUT)
                .start();
    }
}
