package org.pmsevents.subscription.api;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Periodic;

/**
 * Tells administrators once of each subscription that was disabled, whoever did it: a replica, the retention of events, a new epoch. Reports on
 * every replica how many subscriptions there are, and how far the furthest behind is.
 */
@ApplicationScoped
class SubscriptionWatch {
    private static final Logger LOG = Logger.getLogger(SubscriptionWatch.class);
    private static final Duration EVERY = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final SubscriptionWatchTable table;
    private final Transactions transactions;
    private final Alerts alerts;
    private final Periodic periodic;
    private final MultiGauge counts;
    private final MultiGauge lag;

    SubscriptionWatch(
            SubscriptionWatchTable table,
            Transactions transactions,
            Alerts alerts,
            Periodic periodic,
            MeterRegistry meters) {
        this.table = table;
        this.transactions = transactions;
        this.alerts = alerts;
        this.periodic = periodic;
        this.counts = MultiGauge.builder("pms.subscriptions")
                .description("subscriptions by state")
                .register(meters);
        this.lag = MultiGauge.builder("pms.subscriptions.lag")
                .description(
                        "how many positions the subscription that is furthest behind is behind the head of the feed")
                .register(meters);
    }

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        periodic.task("subscriptions.watch", EVERY, this::look)
                .timeout(TIMEOUT)
                .onFailure(failure -> LOG.debugf("cannot read the state of the subscriptions: %s", failure.toString()))
                .start();
    }

    private Uni<Void> look() {
        return table.states().invoke(this::show).chain(this::tellUntold);
    }

    private void show(List<SubscriptionWatchTable.State> states) {
        counts.register(
                states.stream()
                        .map(state -> MultiGauge.Row.of(Tags.of("state", state.name()), state.count()))
                        .toList(),
                true);
        lag.register(
                states.stream()
                        .map(state -> MultiGauge.Row.of(Tags.of("state", state.name()), state.lag()))
                        .toList(),
                true);
    }

    private Uni<Void> tellUntold() {
        return table.untold()
                .onItem()
                .transformToMulti(ids -> Multi.createFrom().iterable(ids))
                .onItem()
                .transformToUniAndConcatenate(this::tell)
                .collect()
                .last()
                .replaceWithVoid();
    }

    /** The alert and the mark that it was raised are one transaction. */
    private Uni<Void> tell(UUID id) {
        return transactions.run(transaction -> table.tell(transaction, id)
                .chain(disabled -> disabled.map(each -> alerts.record(transaction, alert(each)))
                        .orElseGet(() -> Uni.createFrom().voidItem())));
    }

    private static Alert alert(SubscriptionWatchTable.Disabled disabled) {
        var name = disabled.name();
        var error = disabled.lastError();
        return Alert.critical(
                "subscription-disabled:" + name,
                "A subscription was disabled",
                name + " is disabled (" + disabled.reason() + "), its cursor is " + disabled.position() + "."
                        + (error == null ? "" : " The last error: " + error),
                name,
                RequestContext.system());
    }
}
