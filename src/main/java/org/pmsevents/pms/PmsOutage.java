package org.pmsevents.pms;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.pmsevents.database.Transactions;

/**
 * Whether the PMS is away, for the whole cluster: so many failures in a row begin an outage, the first call that works ends it, and
 * each of the two is known to exactly one replica first.
 */
@ApplicationScoped
public class PmsOutage {
    private static final Logger LOG = Logger.getLogger(PmsOutage.class);
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final PmsOutageTable table;
    private final Transactions transactions;
    private final PmsConfig config;
    private final Vertx vertx;
    private volatile boolean on;
    private volatile long timer = -1;

    PmsOutage(PmsOutageTable table, Transactions transactions, PmsConfig config, Vertx vertx, MeterRegistry meters) {
        this.table = table;
        this.transactions = transactions;
        this.config = config;
        this.vertx = vertx;
        meters.gauge("pms.outage", this, outage -> outage.on ? 1 : 0);
    }

    /** Keeps the gauge right on replicas that have nothing to send; refuses a URL that can't be used, before anything is sent. */
    void start(@Observes StartupEvent started) {
        if (config.url().map(PmsUrl::parse).isPresent()) {
            timer = vertx.setPeriodic(
                    LOOK.toMillis(),
                    tick -> isOn().subscribe()
                            .with(now -> {}, failure -> LOG.debugf("can't look at the outage: %s", failure)));
        }
    }

    void stop(@Observes ShutdownEvent stopping) {
        vertx.cancelTimer(timer);
    }

    /** Counts a failure; answers whether an outage begins with it. */
    Uni<Boolean> failed() {
        return transactions
                .statement(client -> table.failed(client, config.outageAfter()))
                .invoke(begins -> on |= begins);
    }

    /** Ends an outage, if there is one; answers since when to the one who has ended it. */
    Uni<Optional<Instant>> works() {
        return transactions.statement(table::works).invoke(ended -> on = false);
    }

    /** Whether there is one now. */
    Uni<Boolean> isOn() {
        return transactions.read(table::isOn).invoke(now -> on = now);
    }
}
