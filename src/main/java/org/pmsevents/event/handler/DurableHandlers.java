package org.pmsevents.event.handler;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.pmsevents.event.EventSpans;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Coalescer;
import org.pmsevents.platform.periodic.Throttle;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Runs the durable handlers of the feed: each on one replica at a time, in position order, at least once. An event that keeps failing
 * becomes a dead letter, with an alert, and the cursor moves past it.
 */
@ApplicationScoped
public class DurableHandlers {
    private static final Logger LOG = Logger.getLogger(DurableHandlers.class);
    private static final TraceLog TRACED = TraceLog.of(DurableHandlers.class);
    private static final int BATCH = 200;
    private static final int REACH = 5_000;
    private static final int MAX_ERROR_LENGTH = 2_000;
    /** The minimum time between two runs of a handler, in which events collect. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** How long a call of a handler may take before it counts as a failure; shorter than a transaction may last. */
    private static final Duration WORK_TIMEOUT = Duration.ofSeconds(5);

    private static final Duration RUN_TIMEOUT = Duration.ofSeconds(60);

    private final HandlerTable table;
    private final EventTable events;
    private final Transactions transactions;
    private final Pool pool;
    private final DeadLetterWriter deadLetterWriter;
    private final EventSpans spans;
    private final FeedConfig config;
    private final MeterRegistry meters;
    private final Vertx vertx;
    private final Map<String, Handler> handlers = new ConcurrentHashMap<>();
    private final Set<String> enrolled = ConcurrentHashMap.newKeySet();
    private final Throttle warnings;
    private volatile boolean started;

    /** A durable handler and its runs. Its work takes part in the transaction that moves its cursor. */
    private final class Handler {
        private final String name;
        private final Set<EventType> types;
        private final boolean batching;
        private final BiFunction<SqlClient, List<FeedEvent>, Uni<Void>> work;
        private final Timer timer;
        private final Counter failures;
        private final Coalescer runs = new Coalescer(() -> run(this), this::runFailed, Runnable::run);
        /** Doubles after each success up to the largest batch, and shrinks after a timeout or failure. Changed only by a run. */
        private volatile int batch = BATCH;

        private final AtomicBoolean wakeScheduled = new AtomicBoolean();
        private volatile CompletableFuture<Void> running = CompletableFuture.completedFuture(null);
        private volatile long lastRunAt = System.nanoTime();
        /** No run begins before this time, because a system that the handler needs was unavailable. */
        private volatile long pausedUntil = System.nanoTime();

        Handler(
                String name,
                Set<EventType> types,
                boolean batching,
                BiFunction<SqlClient, List<FeedEvent>, Uni<Void>> work) {
            this.name = name;
            this.types = types;
            this.batching = batching;
            this.work = work;
            this.timer = meters.timer("pms.handler.work", "handler", name);
            this.failures = meters.counter("pms.handler.failures", "handler", name);
        }

        private void runFailed(Throwable failure) {
            if (warnings.admits(name)) {
                LOG.warnf("the handler %s could not run: %s", name, failure.toString());
            }
        }
    }

    /** A system that a handler needs is unavailable. The event is not at fault; it is retried until the system is available again. */
    public static final class NotNowException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public NotNowException(Throwable cause) {
            super(cause);
        }
    }

    /** A batch failed. Its events are retried one by one, to find the one that fails. */
    private static final class BatchFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BatchFailed(Throwable cause) {
            super(cause);
        }
    }

    /** One event failed, after the first {@code taken} events of the run succeeded. */
    private static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient FeedEvent event;
        private final transient HandlerTable.Cursor cursor;
        private final int taken;

        Failed(FeedEvent event, HandlerTable.Cursor cursor, int taken, Throwable cause) {
            super(cause);
            this.event = event;
            this.cursor = cursor;
            this.taken = taken;
        }
    }

    DurableHandlers(
            HandlerTable table,
            EventTable events,
            Transactions transactions,
            Pool pool,
            DeadLetterWriter deadLetterWriter,
            EventSpans spans,
            FeedConfig config,
            MeterRegistry meters,
            Vertx vertx) {
        this.table = table;
        this.events = events;
        this.transactions = transactions;
        this.pool = pool;
        this.deadLetterWriter = deadLetterWriter;
        this.spans = spans;
        this.config = config;
        this.meters = meters;
        this.vertx = vertx;
        this.warnings = new Throttle(Duration.ofSeconds(10));
    }

    /**
     * Registers a handler that processes events one by one. A name that is new to the database begins with the oldest stored event.
     *
     * @param work must be idempotent. What it does through the given client is committed together with the cursor
     */
    public void register(String name, Set<EventType> types, BiFunction<SqlClient, FeedEvent, Uni<Void>> work) {
        add(new Handler(name, types, false, (transaction, events) -> work.apply(transaction, events.get(0))));
    }

    /**
     * Registers a handler that processes several events at once, in position order.
     *
     * @param work as above. Fails with {@link NotNowException} to be retried later, without counting an attempt
     */
    public void registerBatch(
            String name, Set<EventType> types, BiFunction<SqlClient, List<FeedEvent>, Uni<Void>> work) {
        add(new Handler(name, types, true, work));
    }

    private void add(Handler handler) {
        handlers.put(handler.name, handler);
    }

    public void start() {
        started = true;
        wake();
    }

    /** Starts no more runs, so that other replicas take the cursors. Completes when the current runs have committed or failed. */
    public Uni<Void> stop() {
        started = false;
        var runs = handlers.values().stream().map(handler -> handler.running).toArray(CompletableFuture<?>[]::new);
        return Uni.createFrom().completionStage(() -> CompletableFuture.allOf(runs));
    }

    /** Another epoch has begun: where each handler stands is read from the database again. */
    public void forget() {
        enrolled.clear();
        handlers.values().forEach(handler -> handler.pausedUntil = System.nanoTime());
        wake();
    }

    /** Runs all handlers: there may be new events, or a retry may be due. */
    public void wake() {
        if (started) {
            handlers.values().forEach(this::wakeSoon);
        }
    }

    /** Runs the handlers of the types of these new events. The others move their cursors at the next poll. */
    public void wake(List<FeedEvent> events) {
        var types = events.stream().map(event -> event.message().type()).collect(Collectors.toSet());
        if (started) {
            handlers.values().stream()
                    .filter(handler -> !Collections.disjoint(handler.types, types))
                    .forEach(this::wakeSoon);
        }
    }

    /** Schedules a run, at least {@link #PAUSE} after the last: under load, few large transactions cost less than many small ones. */
    private void wakeSoon(Handler handler) {
        if (handler.wakeScheduled.compareAndSet(false, true)) {
            long millis = TimeUnit.NANOSECONDS.toMillis(handler.lastRunAt + PAUSE.toNanos() - System.nanoTime());
            if (millis <= 0) {
                wakeNow(handler);
            } else {
                vertx.setTimer(millis, timer -> wakeNow(handler));
            }
        }
    }

    private static void wakeNow(Handler handler) {
        handler.wakeScheduled.set(false);
        handler.runs.demand();
    }

    /** Runs a handler on one event without its cursor. Fails if no handler has that name, or if the handler fails. */
    Uni<Void> take(String name, SqlClient transaction, FeedEvent event) {
        return Uni.createFrom().deferred(() -> {
            var handler = handlers.get(name);
            if (handler == null) {
                throw new IllegalStateException("no handler is registered as " + name);
            }
            return handler.work.apply(transaction, List.of(event));
        });
    }

    private Uni<Boolean> run(Handler handler) {
        // publish the run before reading started: stop() writes started before it reads the runs, so one sees the other
        var ended = new CompletableFuture<Void>();
        handler.running = ended;
        if (!started || System.nanoTime() - handler.pausedUntil < 0) {
            ended.complete(null);
            return Uni.createFrom().item(false);
        }
        handler.lastRunAt = System.nanoTime();
        return enrol(handler.name)
                .chain(() -> batch(handler, handler.batch))
                .invoke(() -> handler.batch = Math.min(BATCH, handler.batch * 2))
                .onFailure(failure -> failure instanceof TimeoutException || failure instanceof NotNowException)
                .invoke(() -> handler.batch = Math.max(1, handler.batch / 4))
                .onFailure(NotNowException.class)
                .invoke(() -> handler.pausedUntil =
                        System.nanoTime() + config.handlerBackoff().toNanos())
                .onFailure(Failed.class)
                .recoverWithUni(failure -> failed(handler, (Failed) failure))
                .onFailure(BatchFailed.class)
                .recoverWithUni(failure -> {
                    LOG.debugf(failure, "a batch of %s failed, its events are retried one by one", handler.name);
                    handler.batch = 1;
                    return Uni.createFrom().item(true);
                })
                .ifNoItem()
                .after(RUN_TIMEOUT)
                .fail()
                .onTermination()
                .invoke(() -> ended.complete(null));
    }

    private Uni<Void> enrol(String name) {
        return enrolled.contains(name)
                ? Uni.createFrom().voidItem()
                : table.enrol(pool, name).invoke(() -> enrolled.add(name));
    }

    /** One transaction: lock the cursor, process the events after it, move the cursor. Returns whether there may be more. */
    private Uni<Boolean> batch(Handler handler, int limit) {
        return transactions.runRepeatable(transaction -> table.take(transaction, handler.name)
                .chain(taken -> taken.isEmpty()
                        ? Uni.createFrom().item(false)
                        : events.read(transaction, taken.get().position(), limit, REACH, handler.types)
                                .chain(stretch -> handle(transaction, handler, taken.get(), stretch))));
    }

    private Uni<Boolean> handle(
            SqlClient transaction, Handler handler, HandlerTable.Cursor cursor, EventTable.Stretch stretch) {
        if (stretch.lastLooked() == cursor.position()) {
            return Uni.createFrom().item(false);
        }
        var handled = handler.batching
                ? handleBatch(transaction, handler, cursor, stretch)
                : handleEach(transaction, handler, cursor, stretch);
        return handled.chain(() -> table.move(transaction, handler.name, stretch.lastLooked()))
                .map(moved -> stretch.lastLooked() < stretch.head());
    }

    private Uni<Void> handleBatch(
            SqlClient transaction, Handler handler, HandlerTable.Cursor cursor, EventTable.Stretch stretch) {
        var events = stretch.events();
        return switch (events.size()) {
            case 0 -> Uni.createFrom().voidItem();
            case 1 -> handle(transaction, handler, cursor, stretch, events.get(0));
            default ->
                work(transaction, handler, events)
                        .onFailure(failure ->
                                !(failure instanceof NotNowException) && !(failure instanceof TimeoutException))
                        .transform(BatchFailed::new);
        };
    }

    private Uni<Void> handleEach(
            SqlClient transaction, Handler handler, HandlerTable.Cursor cursor, EventTable.Stretch stretch) {
        return Multi.createFrom()
                .iterable(stretch.events())
                .onItem()
                .transformToUniAndConcatenate(event -> handle(transaction, handler, cursor, stretch, event))
                .collect()
                .last();
    }

    private Uni<Void> handle(
            SqlClient transaction,
            Handler handler,
            HandlerTable.Cursor cursor,
            EventTable.Stretch stretch,
            FeedEvent event) {
        return work(transaction, handler, List.of(event))
                .onFailure(failure -> !(failure instanceof NotNowException))
                .transform(failure -> new Failed(event, cursor, stretch.events().indexOf(event), failure));
    }

    private Uni<Void> work(SqlClient transaction, Handler handler, List<FeedEvent> events) {
        long begun = System.nanoTime();
        return Uni.createFrom()
                .deferred(() -> spans.start(Kind.CONSUMER, handler.name, events)
                        .until(Uni.createFrom().deferred(() -> handler.work.apply(transaction, events))))
                .ifNoItem()
                .after(WORK_TIMEOUT)
                .fail()
                .onTermination()
                .invoke(() -> handler.timer.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS));
    }

    /** Commits the events before the failed one in a run of their own. Counts the failure once that event is the first of a run. */
    private Uni<Boolean> failed(Handler handler, Failed failure) {
        if (failure.taken > 0) {
            return batch(handler, failure.taken).replaceWith(true);
        }
        handler.failures.increment();
        var error = String.valueOf(failure.getCause()).replace('\0', ' ');
        var shortError = error.substring(0, Math.min(MAX_ERROR_LENGTH, error.length()));
        TRACED.warnf(
                failure.event.message().metadata(),
                "%s failed on event %d, attempt %d: %s",
                handler.name,
                failure.event.position(),
                failure.cursor.attempts() + 1,
                shortError);
        if (failure.cursor.attempts() + 1 < config.handlerAttempts()) {
            var delay = config.handlerBackoff().multipliedBy(1L << Math.min(10, failure.cursor.attempts()));
            return table.postpone(pool, handler.name, failure.cursor, delay, shortError)
                    .replaceWith(false);
        }
        return deadLetterWriter
                .write(handler.name, failure.cursor, failure.event, shortError)
                .replaceWith(true);
    }
}
