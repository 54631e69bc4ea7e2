package org.pmsevents.inventory.lowstock;

import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.InventoryConfig;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.platform.periodic.Periodic;

/** Periodic work on stock, shared by the replicas: alerts of low stock, and completes the levels in Redis. */
@ApplicationScoped
public class StockCheck {
    private static final Duration LEVELS_PERIOD = Duration.ofSeconds(5);
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
        // every replica asks, and half of the time later the next round may begin: the jitter of a task is a fifth
        var period = config.checkEvery().dividedBy(2);
        periodic.task(
                        "inventory.low-stock",
                        config.checkEvery(),
                        () -> lowStock.checkStock(period, RequestContext.system()))
                .timeout(TIMEOUT)
                .start();
        periodic.task("inventory.levels", LEVELS_PERIOD, levels::goRound)
                .timeout(TIMEOUT)
                .start();
    }
}
