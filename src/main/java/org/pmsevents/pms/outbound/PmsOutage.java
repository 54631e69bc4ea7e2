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
import org.pmsevents.platform.json.JsonTime;
import org.pmsevents.platform.periodic.Periodic;

/**
 * The outage of the PMS, one for the whole cluster. A number of failures in a row begins it, and the first successful call ends it.
 * Exactly one replica observes the begin, and exactly one the end.
 */
@ApplicationScoped
public class PmsOutage {
    private static final Logger LOG = Logger.getLogger(PmsOutage.class);
    private static final String SUBJECT = "pms";
    private static final Duration GAUGE_PERIOD = Duration.ofSeconds(10);

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

    /** Refuses an invalid URL at startup. Updates the gauge periodically, also on replicas that send nothing. */
    void start(@Observes StartupEvent started) {
        if (config.url().map(PmsUrl::parse).isPresent()) {
            periodic.task("pms.outage", GAUGE_PERIOD, this::isOn)
                    .onFailure(failure -> LOG.debugf("can't read the outage of the PMS: %s", failure))
                    .start();
        }
    }

    /** Counts a failure. The failure that begins an outage alerts the admins, once in the cluster. */
    Uni<Void> failed(String detail, RequestContext context) {
        return transactions
                .run(transaction -> table.failed(transaction, config.outageAfter())
                        .call(since -> since.isEmpty()
                                ? Uni.createFrom().voidItem()
                                : alerts.record(transaction, begun(since.get(), detail, context))))
                .invoke(since -> on |= since.isPresent())
                .replaceWithVoid();
    }

    /** Ends an outage, if there is one, and alerts the admins. Returns its begin to the call that ended it, otherwise empty. */
    Uni<Optional<Instant>> works() {
        return transactions
                .run(transaction -> table.works(transaction)
                        .call(since -> since.isEmpty()
                                ? Uni.createFrom().voidItem()
                                : alerts.record(transaction, ended(since.get()))))
                .invoke(ended -> on = false);
    }

    /** The key contains the begin of the outage, so that no alert is suppressed as a repeat. The alert of the end has the same time. */
    static Alert begun(Instant since, String detail, RequestContext context) {
        return Alert.critical(
                "pms:away:" + JsonTime.text(since),
                "the PMS is unavailable",
                "products wait for it: " + detail,
                SUBJECT,
                context);
    }

    private Alert ended(Instant since) {
        var lasted = Duration.between(since, clock.instant()).truncatedTo(ChronoUnit.SECONDS);
        return Alert.warning(
                "pms:back:" + JsonTime.text(since),
                "the PMS is available again",
                "it was unavailable for " + lasted + "; waiting products are sent",
                SUBJECT,
                RequestContext.system());
    }

    /** Whether there is an outage now. */
    Uni<Boolean> isOn() {
        return transactions.read(table::isOn).invoke(now -> on = now);
    }

    /** Returns the state of the PMS, for other rooms to show. */
    public Uni<PmsState> state() {
        return config.url().isEmpty()
                ? Uni.createFrom().item(new PmsState("disabled", null))
                : transactions
                        .read(table::since)
                        .map(since -> new PmsState(since.isPresent() ? "away" : "up", since.orElse(null)));
    }
}
