package org.pmsevents.pms.outbound;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Periodic;

/**
 * Whether the PMS is away, for the whole cluster: so many failures in a row begin an outage, the first call that works ends it, and
 * each of the two is known to exactly one replica first.
 */
@ApplicationScoped
public class PmsOutage {
    private static final Logger LOG = Logger.getLogger(PmsOutage.class);
    private static final String SUBJECT = "pms";
    private static final Duration LOOK = Duration.ofSeconds(10);

    private final PmsOutageTable table;
    private final Transactions transactions;
    private final Alerts alerts;
    private final Clock clock;
    private final PmsConfig config;
    private final Periodic periodic;
    private volatile boolean on;

    PmsOutage(
            PmsOutageTable table,
            Transactions transactions,
            Alerts alerts,
            PmsConfig config,
            Clock clock,
            Periodic periodic,
            MeterRegistry meters) {
        this.table = table;
        this.transactions = transactions;
        this.alerts = alerts;
        this.clock = clock;
        this.config = config;
        this.periodic = periodic;
        meters.gauge("pms.outage", this, outage -> outage.on ? 1 : 0);
    }

    /** Keeps the gauge right on replicas that have nothing to send; refuses a URL that can't be used, before anything is sent. */
    void start(@Observes StartupEvent started) {
        if (config.url().map(PmsUrl::parse).isPresent()) {
            periodic.task("pms.outage", LOOK, this::isOn)
                    .onFailure(failure -> LOG.debugf("can't look at the outage: %s", failure))
                    .start();
        }
    }

    /** Counts a failure; the one that makes an outage of it alerts the admins, once in the cluster. */
    Uni<Void> failed(String detail, RequestContext context) {
        return transactions
                .run(transaction -> table.failed(transaction, config.outageAfter())
                        .call(since -> since.isEmpty()
                                ? Uni.createFrom().voidItem()
                                : alerts.record(transaction, away(since.get(), detail, context))))
                .invoke(since -> on |= since.isPresent())
                .replaceWithVoid();
    }

    /** Ends an outage, if there is one, and tells the admins; answers since when to the one who has ended it. */
    Uni<Optional<Instant>> works() {
        return transactions
                .run(transaction -> table.works(transaction)
                        .call(since -> since.isEmpty()
                                ? Uni.createFrom().voidItem()
                                : alerts.record(transaction, back(since.get()))))
                .invoke(ended -> on = false);
    }

    /** Each outage is an alert of its own, so none is held back; its end is told under the same time. */
    private static Alert away(Instant since, String detail, RequestContext context) {
        return Alert.critical(
                "pms:away:" + since, "the PMS is away", "products wait for it: " + detail, SUBJECT, context);
    }

    private Alert back(Instant since) {
        var lasted = Duration.between(since, clock.instant()).truncatedTo(ChronoUnit.SECONDS);
        return Alert.warning(
                "pms:back:" + since,
                "the PMS is back",
                "it was away for " + lasted + "; what waited for it is sent",
                SUBJECT,
                RequestContext.system());
    }

    /** Whether there is one now. */
    Uni<Boolean> isOn() {
        return transactions.read(table::isOn).invoke(now -> on = now);
    }

    /** Whether the PMS is away, and since when, for others to show. */
    public Uni<PmsState> state() {
        return config.url().isEmpty()
                ? Uni.createFrom().item(new PmsState("disabled", null))
                : transactions
                        .read(table::since)
                        .map(since -> new PmsState(since.isPresent() ? "away" : "up", since.orElse(null)));
    }
}
