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
import java.time.Clock;
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
 * Runs the durable handlers of the feed: each on one replica at a time, in position order, at least once. An event that keeps
 * failing becomes a dead letter, with an alert, and the cursor goes on.
 */
@ApplicationScoped
public class DurableHandlers {
    private static final Logger LOG = Logger.getLogger(DurableHandlers.class);
    private static final TraceLog TRACED = TraceLog.of(DurableHandlers.class);
    private static final int BATCH = 200;
    private static final int REACH = 5_000;
    private static final int LONGEST_ERROR = 2_000;
    /** How long a handler collects events between two runs. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** How long a handler may take over one event before that counts as a failure; shorter than a transaction may last. */
    private static final Duration EVENT = Duration.ofSeconds(5);

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

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

    /** A durable handler with its runs; its work joins the transaction that moves its cursor. */
    private final class Handler {
        private final String name;
        private final Set<EventType> types;
        private final boolean together;
        private final BiFunction<SqlClient, List<FeedEvent>, Uni<Void>> work;
        private final Timer timer;
        private final Counter failures;
        private final Coalescer runs = new Coalescer(() -> run(this), this::couldNotRun, Runnable::run);
        /** Grows to the largest batch, and shrinks when the database is too slow for one; only changed by a run. */
        private volatile int batch = BATCH;

        private final AtomicBoolean waking = new AtomicBoolean();
        private volatile CompletableFuture<Void> running = CompletableFuture.completedFuture(null);
        private volatile long ranAt = System.nanoTime();
        /** Until when what it needs is left alone. */
        private volatile long pausedUntil = System.nanoTime();

        Handler(
                String name,
                Set<EventType> types,
                boolean together,
                BiFunction<SqlClient, List<FeedEvent>, Uni<Void>> work) {
            this.name = name;
            this.types = types;
            this.together = together;
            this.work = work;
            this.timer = meters.timer("pms.handler.work", "handler", name);
            this.failures = meters.counter("pms.handler.failures", "handler", name);
        }

        private void couldNotRun(Throwable failure) {
            if (warnings.admits(name)) {
                LOG.warnf("the handler %s could not run: %s", name, failure.toString());
            }
        }
    }

    /** What a handler needs is unavailable: nothing is wrong with the event, which waits until it is available again. */
    public static final class NotNowException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public NotNowException(Throwable cause) {
            super(cause);
        }
    }

    /** Which of several events was the bad one is found out by taking them one by one. */
    private static final class OneOfThemFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        OneOfThemFailed(Throwable cause) {
            super(cause);
        }
    }

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
            Clock clock,
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
        this.warnings = new Throttle(clock, Duration.ofSeconds(10));
    }

    /**
     * Registers a handler that takes one event after the other; a name that is new to the database begins with the oldest event that
     * is kept.
     *
     * @param work must be idempotent; what it does through the given client is committed together with the cursor
     */
    public void register(String name, Set<EventType> types, BiFunction<SqlClient, FeedEvent, Uni<Void>> work) {
        add(new Handler(name, types, false, (transaction, events) -> work.apply(transaction, events.get(0))));
    }

    /**
     * The same for a handler that takes several events at once, in their order.
     *
     * @param work as above; fails with {@link NotNowException} to be asked again later without that counting as an attempt
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

    /** Begins nothing more, so that other replicas take the cursors; completes when what has been begun is committed, or failed. */
    public Uni<Void> stop() {
        started = false;
        var runs = handlers.values().stream().map(handler -> handler.running).toArray(CompletableFuture<?>[]::new);
        return Uni.createFrom().completionStage(() -> CompletableFuture.allOf(runs));
    }

    /** There may be new events of whatever type, or it may be time to try one again. */
    public void wake() {
        if (started) {
            handlers.values().forEach(this::wakeSoon);
        }
    }

    /** There are new events; whoever has nothing to do with them moves its cursor later. */
    public void wake(List<FeedEvent> events) {
        var types = events.stream().map(event -> event.message().type()).collect(Collectors.toSet());
        if (started) {
            handlers.values().stream()
                    .filter(handler -> !Collections.disjoint(handler.types, types))
                    .forEach(this::wakeSoon);
        }
    }

    /** Each run is a transaction: under load few large ones cost less than many small ones. */
    private void wakeSoon(Handler handler) {
        if (handler.waking.compareAndSet(false, true)) {
            long millis = TimeUnit.NANOSECONDS.toMillis(
                    handler.ranAt + PAUSE.toNanos() - System.nanoTime());
            if (millis <= 0) {
                wakeNow(handler);
            } else {
                vertx.setTimer(millis, timer -> wakeNow(handler));
            }
        }
    }

    private static void wakeNow(Handler handler) {
        handler.waking.set(false);
        handler.runs.demand();
    }

    /** Has a handler take an event by itself, away from its cursor; fails if there is no handler of that name, or it does. */
    Uni<Void> take(String name, SqlClient transaction, FeedEvent event) {
        return Uni.createFrom().deferred(() -> {
            var handler = handlers.get(name);
            if (handler == null) {
                throw new IllegalStateException("no handler is called " + name + " any more");
            }
            return handler.work.apply(transaction, List.of(event));
        });
    }

    private Uni<Boolean> run(Handler handler) {
        // before it looks whether it may begin: who stops it looks in the other order, so that one of the two sees the
        // other
        var ended = new CompletableFuture<Void>();
        handler.running = ended;
        if (!started || System.nanoTime() - handler.pausedUntil < 0) {
            ended.complete(null);
            return Uni.createFrom().item(false);
        }
        handler.ranAt = System.nanoTime();
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
                .onFailure(OneOfThemFailed.class)
                .recoverWithUni(failure -> {
                    LOG.debugf(failure, "%s takes its events one by one", handler.name);
                    handler.batch = 1;
                    return Uni.createFrom().item(true);
                })
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .onTermination()
                .invoke(() -> ended.complete(null));
    }

    private Uni<Void> enrol(String name) {
        return enrolled.contains(name)
                ? Uni.createFrom().voidItem()
                : table.enrol(pool, name).invoke(() -> enrolled.add(name));
    }

    /** One transaction: take the cursor, handle what follows, move the cursor. Tells whether there may be more. */
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
        var handled = handler.together
                ? handleTogether(transaction, handler, cursor, stretch)
                : handleEach(transaction, handler, cursor, stretch);
        return handled.chain(() -> table.move(transaction, handler.name, stretch.lastLooked()))
                .map(moved -> stretch.lastLooked() < stretch.head());
    }

    private Uni<Void> handleTogether(
            SqlClient transaction, Handler handler, HandlerTable.Cursor cursor, EventTable.Stretch stretch) {
        var events = stretch.events();
        return switch (events.size()) {
            case 0 -> Uni.createFrom().voidItem();
            case 1 -> handle(transaction, handler, cursor, stretch, events.get(0));
            default ->
                work(transaction, handler, events)
                        .onFailure(failure ->
                                !(failure instanceof NotNowException) && !(failure instanceof TimeoutException))
                        .transform(OneOfThemFailed::new);
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
                .after(EVENT)
                .fail()
                .onTermination()
                .invoke(() -> handler.timer.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS));
    }

    /** Commits what came before the failed event; counts the failure once that event is the first in line. */
    private Uni<Boolean> failed(Handler handler, Failed failure) {
        if (failure.taken > 0) {
            return batch(handler, failure.taken).replaceWith(true);
        }
        handler.failures.increment();
        var error = String.valueOf(failure.getCause()).replace('\0', ' ');
        var shortError = error.substring(0, Math.min(LONGEST_ERROR, error.length()));
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
        return deadLetterWriter.write(handler.name, failure.cursor, failure.event, shortError)
                .replaceWith(true);
    }
}
