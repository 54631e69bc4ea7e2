package org.pmsevents.inventory.lowstock;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.inventory.InventoryConfig;
import org.pmsevents.inventory.level.StockLevels;

/** What is done about stock once in a while, on every replica, each taking what the others leave. */
@ApplicationScoped
public class StockCheck {
    private static final Logger LOG = Logger.getLogger(StockCheck.class);
    private static final Duration LEVELS = Duration.ofSeconds(5);
    private static final Duration KEYS = Duration.ofMinutes(1);
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final LowStockFlow lowStock;
    private final StockLevels levels;
    private final Idempotency idempotency;
    private final InventoryConfig config;
    private final Vertx vertx;
    private volatile boolean stopped;

    StockCheck(
            LowStockFlow lowStock, StockLevels levels, Idempotency idempotency, InventoryConfig config, Vertx vertx) {
        this.lowStock = lowStock;
        this.levels = levels;
        this.idempotency = idempotency;
        this.config = config;
        this.vertx = vertx;
    }

    void start(@Observes StartupEvent started) {
        every(config.checkEvery(), "stock check", () -> lowStock.checkStock(RequestContext.system()));
        every(LEVELS, "looking after stock levels", levels::goRound);
        every(KEYS, "deleting old idempotency keys", idempotency::prune);
    }

    void stop(@Observes ShutdownEvent stopping) {
        stopped = true;
    }

    /** One run after the other, spread by a fifth, so that replicas do not all do it at once. */
    private void every(Duration pause, String what, Supplier<Uni<?>> work) {
        long millis = pause.toMillis();
        long spread = ThreadLocalRandom.current().nextLong(-millis / 5, millis / 5 + 1);
        vertx.setTimer(Math.max(1, millis + spread), timer -> {
            if (!stopped) {
                Uni.createFrom()
                        .deferred(work::get)
                        .ifNoItem()
                        .after(TIMEOUT)
                        .fail()
                        .onTermination()
                        .invoke(() -> every(pause, what, work))
                        .subscribe()
                        .with(done -> {}, failure -> LOG.warnf("%s failed: %s", what, failure.toString()));
            }
        });
    }
}
