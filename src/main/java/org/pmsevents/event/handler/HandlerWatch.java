package org.pmsevents.event.handler;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;
import java.util.function.ToLongFunction;
import org.jboss.logging.Logger;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Periodic;

/**
 * Reports on every replica how far each durable handler is behind the head, and how many dead letters it has, no matter which replica runs
 * it. Alerts the administrators once when a handler falls too far behind.
 */
@ApplicationScoped
public class HandlerWatch {
    private static final Logger LOG = Logger.getLogger(HandlerWatch.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final HandlerTable table;
    private final Pool pool;
    private final Transactions transactions;
    private final Alerts alerts;
    private final FeedConfig config;
    private final Periodic periodic;
    private final MultiGauge lag;
    private final MultiGauge deadLetters;

    HandlerWatch(
            HandlerTable table,
            Pool pool,
            Transactions transactions,
            Alerts alerts,
            FeedConfig config,
            MeterRegistry meters,
            Periodic periodic) {
        this.table = table;
        this.pool = pool;
        this.transactions = transactions;
        this.alerts = alerts;
        this.config = config;
        this.periodic = periodic;
        this.lag = MultiGauge.builder("pms.handler.lag")
                .description("how many events a durable handler is behind the head of the feed")
                .register(meters);
        this.deadLetters = MultiGauge.builder("pms.handler.dead.letters")
                .description("dead letters of a durable handler")
                .register(meters);
    }

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        periodic.task("handlers.watch", config.handlerWatch(), this::look)
                .timeout(TIMEOUT)
                .onFailure(failure -> LOG.debugf("cannot read the state of the handlers: %s", failure.toString()))
                .start();
    }

    /** Reads and reports the progress of the handlers once. */
    Uni<Void> look() {
        return table.standings(pool)
                .invoke(standings -> {
                    show(lag, standings, HandlerTable.Standing::lag);
                    show(deadLetters, standings, HandlerTable.Standing::deadLetters);
                })
                .chain(this::judge);
    }

    private static void show(
            MultiGauge gauge, List<HandlerTable.Standing> standings, ToLongFunction<HandlerTable.Standing> value) {
        gauge.register(
                standings.stream()
                        .map(each -> MultiGauge.Row.of(Tags.of("handler", each.handler()), value.applyAsLong(each)))
                        .toList(),
                true);
    }

    /** A handler has caught up at half the lag that is too much, so that one near the limit does not alert repeatedly. */
    private Uni<Void> judge(List<HandlerTable.Standing> standings) {
        return Multi.createFrom()
                .iterable(standings)
                .onItem()
                .transformToUniAndConcatenate(this::judge)
                .collect()
                .last();
    }

    private Uni<Void> judge(HandlerTable.Standing standing) {
        if (!standing.behind() && standing.lag() > config.handlerLagAlert()) {
            return fallBehind(standing);
        }
        return standing.behind() && standing.lag() <= config.handlerLagAlert() / 2
                ? table.catchUp(pool, standing.handler())
                : Uni.createFrom().voidItem();
    }

    private Uni<Void> fallBehind(HandlerTable.Standing standing) {
        var alert = Alert.warning(
                "handler-lag:" + standing.handler(),
                "A durable handler is behind",
                standing.handler() + " is " + standing.lag() + " events behind the head of the feed",
                standing.handler(),
                RequestContext.system());
        return transactions.run(transaction -> table.fallBehind(transaction, standing.handler())
                .chain(first -> first
                        ? alerts.record(transaction, alert)
                        : Uni.createFrom().voidItem()));
    }
}
