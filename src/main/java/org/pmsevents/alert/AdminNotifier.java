package org.pmsevents.alert;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.periodic.Coalescer;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;

/**
 * Alerts administrators by jobs, one per channel. The first alert of a key is sent at once; further ones within the window are sent
 * as one summary with a count. The counts are exact over all replicas and crashes, because the jobs are written in the transaction
 * that counts.
 */
@ApplicationScoped
public class AdminNotifier implements Alerts {
    private static final Logger LOG = Logger.getLogger(AdminNotifier.class);
    private static final TraceLog TRACED = TraceLog.of(AdminNotifier.class);
    private static final int SUMMARIES_AT_ONCE = 100;
    private static final int LAST_STORE_SECONDS = 3;
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    /** How often each replica looks for windows that have ended, and retries to store what it could not. */
    private static final Duration POLL = Duration.ofSeconds(1);

    /** Of how many keys a replica keeps alerts in memory while PostgreSQL is unavailable. */
    private static final int MAX_WAITING = 1_000;

    private final AlertTable table;
    private final AlertJob shown;
    private final AlertWebhookJob posted;
    private final JobFlow jobs;
    private final Transactions transactions;
    private final AdminConfig config;
    private final Clock clock;
    private final MeterRegistry meters;
    private final Periodic periodic;
    private final AlertBuffer raised;
    private final Coalescer stores;
    private volatile List<AlertBuffer.Waiting> reported = List.of();

    AdminNotifier(
            AlertTable table,
            AlertJob shown,
            AlertWebhookJob posted,
            JobFlow jobs,
            Transactions transactions,
            AdminConfig config,
            Clock clock,
            MeterRegistry meters,
            Periodic periodic,
            Vertx vertx) {
        this.table = table;
        this.shown = shown;
        this.posted = posted;
        this.jobs = jobs;
        this.transactions = transactions;
        this.config = config;
        this.clock = clock;
        this.meters = meters;
        this.periodic = periodic;
        this.raised = new AlertBuffer(MAX_WAITING, () -> UuidV7.next(clock));
        this.stores = new Coalescer(this::store, this::logWaiting, start -> vertx.runOnContext(go -> start.run()));
    }

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        periodic.task("alerts.sum-up", POLL, this::look)
                .timeout(TIMEOUT)
                .onFailure(failure -> LOG.debugf("can't sum up alerts: %s", failure.toString()))
                .start();
    }

    /** On the thread that shuts down, while the connections are open. */
    void stop(@Observes ShutdownEvent stopping) {
        try {
            store().subscribeAsCompletionStage().get(LAST_STORE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warnf("the last alerts were not stored: %s", e.toString());
        }
    }

    @Override
    public void raise(Alert alert) {
        if (raised.add(alert)) {
            stores.demand();
        } else {
            meters.counter("pms.alerts.dropped").increment();
            TRACED.warnf(
                    alert.context(),
                    "an alert was dropped, too many are waiting to be stored: %s: %s, traceId=%s",
                    alert.title(),
                    alert.detail(),
                    alert.context().traceId());
        }
    }

    @Override
    public Uni<Void> record(SqlClient transaction, Alert alert) {
        if (alert.subject().equals(AlertJob.KIND)) {
            TRACED.errorf(
                    alert.context(),
                    null,
                    "%s: %s; a failure of the alert jobs raises no alert",
                    alert.title(),
                    alert.detail());
            return Uni.createFrom().voidItem();
        }
        var occurrence = Objects.requireNonNullElseGet(alert.occurrence(), () -> UuidV7.next(clock));
        return notifyAdmin(transaction, new AlertBuffer.Waiting(alert, alert, 1, occurrence))
                .replaceWithVoid();
    }

    /** Sends the summaries of windows that have ended. */
    Uni<Void> sendSummaries() {
        return transactions
                .run(transaction -> table.takeSummaries(transaction, SUMMARIES_AT_ONCE)
                        .chain(summaries -> each(summaries, message -> createJobs(transaction, message))))
                .invoke(this::announce)
                .replaceWithVoid();
    }

    /**
     * Stores alerts in the order of their keys, so that replicas with the same keys wait for each other instead of deadlocking.
     * Returns whether there may be more.
     */
    private Uni<Boolean> store() {
        var next = raised.next();
        if (next.isEmpty()) {
            return Uni.createFrom().item(false);
        }
        var sorted = next.stream()
                .sorted(Comparator.comparing(waiting -> waiting.first().key()))
                .toList();
        return transactions
                .run(transaction -> each(sorted, waiting -> notifyAdmin(transaction, waiting)))
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .invoke(raised::stored)
                .invoke(this::announce)
                .replaceWith(true);
    }

    private void logWaiting(Throwable failure) {
        var waiting = raised.next();
        if (waiting != reported) {
            reported = waiting;
            waiting.forEach(each -> TRACED.warnf(
                    each.last().context(),
                    "an alert is not stored yet (%s): %s: %s, count=%d, traceId=%s",
                    failure.toString(),
                    each.last().title(),
                    each.last().detail(),
                    each.count(),
                    each.last().context().traceId()));
        }
    }

    private Uni<List<Job>> notifyAdmin(SqlClient transaction, AlertBuffer.Waiting waiting) {
        return table.count(transaction, waiting, config.window())
                .chain(begun ->
                        begun.isEmpty() ? Uni.createFrom().item(List.of()) : createJobs(transaction, begun.get()));
    }

    /** One job per channel, so that a failing channel repeats none of the others. */
    private Uni<List<Job>> createJobs(SqlClient transaction, AlertTable.Numbered message) {
        var kinds = posted.takes(message.message())
                ? List.<JobKind<AlertMessage>>of(shown, posted)
                : List.<JobKind<AlertMessage>>of(shown);
        return each(kinds, kind -> createJob(transaction, kind, message).map(List::of));
    }

    private Uni<Job> createJob(SqlClient transaction, JobKind<AlertMessage> kind, AlertTable.Numbered message) {
        var alert = message.message();
        return jobs.createJob(
                transaction, NewJob.of(kind, alert, alert.context()).unique(alert.key() + "#" + message.number()));
    }

    private void announce(List<Job> created) {
        created.forEach(jobs::announce);
    }

    private Uni<Void> look() {
        stores.demand();
        return sendSummaries();
    }

    private static <T, R> Uni<List<R>> each(Collection<T> items, Function<T, Uni<List<R>>> work) {
        return Multi.createFrom()
                .iterable(items)
                .onItem()
                .transformToUniAndConcatenate(item -> work.apply(item))
                .collect()
                .asList()
                .map(lists -> lists.stream().flatMap(List::stream).toList());
    }
}
