package org.pmsevents.subscription.api;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
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

    private static final String LOOK = """
            SELECT states.state, count(s.id) AS count, coalesce(max((SELECT head FROM feed_head) - s.position), 0) AS lag
            FROM unnest(ARRAY['active', 'paused', 'disabled']) AS states (state) LEFT JOIN subscription AS s ON s.state = states.state
            GROUP BY states.state
            """;

    private static final String UNTOLD = "SELECT id FROM subscription WHERE state = 'disabled' AND NOT told";

    private static final String TELL = """
            UPDATE subscription SET told = true WHERE id = $1 AND state = 'disabled' AND NOT told
            RETURNING name, reason, last_error, position
            """;

    private final Pool pool;
    private final Transactions transactions;
    private final Alerts alerts;
    private final Periodic periodic;
    private final MultiGauge counts;
    private final MultiGauge lag;

    SubscriptionWatch(Pool pool, Transactions transactions, Alerts alerts, Periodic periodic, MeterRegistry meters) {
        this.pool = pool;
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

    private record State(String name, long count, long lag) {}

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        periodic.task("subscriptions.watch", EVERY, this::look)
                .timeout(TIMEOUT)
                .onFailure(failure -> LOG.debugf("cannot read the state of the subscriptions: %s", failure.toString()))
                .start();
    }

    private Uni<Void> look() {
        return states().invoke(this::show).chain(this::tellUntold);
    }

    private Uni<List<State>> states() {
        return pool.preparedQuery(LOOK).execute().map(rows -> {
            var states = new ArrayList<State>();
            rows.forEach(
                    row -> states.add(new State(row.getString("state"), row.getLong("count"), row.getLong("lag"))));
            return states;
        });
    }

    private void show(List<State> states) {
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
        return pool.preparedQuery(UNTOLD).execute().chain(rows -> {
            var ids = new ArrayList<UUID>();
            rows.forEach(row -> ids.add(row.getUUID("id")));
            return ids.isEmpty()
                    ? Uni.createFrom().voidItem()
                    : Multi.createFrom()
                            .iterable(ids)
                            .onItem()
                            .transformToUniAndConcatenate(this::tell)
                            .collect()
                            .last()
                            .replaceWithVoid();
        });
    }

    private Uni<Void> tell(UUID id) {
        return transactions.run(transaction -> transaction
                .preparedQuery(TELL)
                .execute(Tuple.of(id))
                .chain(rows -> {
                    for (var row : rows) {
                        return alerts.record(
                                transaction,
                                alert(
                                        row.getString("name"),
                                        row.getString("reason"),
                                        row.getString("last_error"),
                                        row.getLong("position")));
                    }
                    return Uni.createFrom().voidItem();
                }));
    }

    private static Alert alert(String name, @Nullable String reason, @Nullable String error, long position) {
        return Alert.critical(
                "subscription-disabled:" + name,
                "A subscription was disabled",
                name + " is disabled (" + reason + "), its cursor is " + position + "."
                        + (error == null ? "" : " The last error: " + error),
                name,
                RequestContext.system());
    }
}
