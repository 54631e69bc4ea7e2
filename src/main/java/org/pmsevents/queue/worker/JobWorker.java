package org.pmsevents.queue.worker;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.periodic.Coalescer;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobEvents;
import org.pmsevents.queue.JobKinds;
import org.pmsevents.queue.QueueConfig;

/**
 * Runs jobs: claims due jobs as far as it has capacity, renews their leases while it works, and stops jobs that it may no longer
 * run. Woken by announcements and by its own poll.
 */
@ApplicationScoped
public class JobWorker {
    private static final Logger LOG = Logger.getLogger(JobWorker.class);
    private static final TraceLog TRACED = TraceLog.of(JobWorker.class);
    private static final Duration CALL = Duration.ofSeconds(5);
    private static final Duration ANNOUNCE_PROGRESS = Duration.ofMillis(250);
    private static final Duration STORE_PROGRESS = Duration.ofSeconds(1);
    private static final int HEARTBEATS_A_LEASE = 3;
    private static final int RELEASE_SECONDS = 3;

    private final WorkTable table;
    private final WorkFlow flow;
    private final Completions completions;
    private final JobKinds kinds;
    private final JobEvents events;
    private final QueueConfig config;
    private final Pool pool;
    private final Transactions transactions;
    private final Tracing tracing;
    private final Periodic periodic;
    private final LostClaims lost;
    private final Outages others;
    private final Map<UUID, RunningJob> running = new ConcurrentHashMap<>();
    private final Coalescer claims;
    private volatile boolean draining;
    private volatile boolean stopped;
    private volatile CompletableFuture<Void> claiming = CompletableFuture.completedFuture(null);
    private volatile long renewedAt = System.nanoTime();

    JobWorker(
            WorkTable table,
            WorkFlow flow,
            Completions completions,
            JobKinds kinds,
            JobEvents events,
            QueueConfig config,
            Pool pool,
            Transactions transactions,
            Tracing tracing,
            Periodic periodic,
            Vertx vertx,
            Clock clock,
            MeterRegistry meters) {
        this.table = table;
        this.flow = flow;
        this.completions = completions;
        this.kinds = kinds;
        this.events = events;
        this.config = config;
        this.pool = pool;
        this.transactions = transactions;
        this.tracing = tracing;
        this.periodic = periodic;
        this.lost = new LostClaims(() -> UuidV7.next(clock), config.lease());
        var renewal = config.lease().dividedBy(HEARTBEATS_A_LEASE);
        this.others = new Outages(max(renewal, config.poll().multipliedBy(2)), renewal, System::nanoTime);
        this.claims = new Coalescer(
                this::claim,
                failure -> LOG.warnf("can't claim jobs: %s", failure.toString()),
                start -> vertx.runOnContext(go -> start.run()));
        meters.gaugeMapSize("pms.jobs.running", List.of(), running);
    }

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        every("jobs.poll", config.poll(), this::poll);
        every("jobs.progress", ANNOUNCE_PROGRESS, this::announceProgress);
        every("jobs.heartbeat", min(STORE_PROGRESS, config.lease().dividedBy(HEARTBEATS_A_LEASE)), this::heartbeat);
    }

    private void every(String name, Duration pause, Supplier<Uni<?>> work) {
        periodic.task(name, pause, work)
                .timeout(CALL)
                .onFailure(failure -> LOG.debugf("the queue can't be looked at: %s", failure))
                .start();
    }

    /** Running jobs may go on as long as there is time; no further jobs are claimed. */
    void drain(@Observes ShutdownDelayInitiatedEvent going) {
        draining = true;
    }

    /** On the thread that shuts down, so that the jobs are released before the connections are closed. */
    void stop(@Observes ShutdownEvent stopping) {
        stopped = true;
        running.values().forEach(this::abandon);
        try {
            claiming.get(RELEASE_SECONDS, TimeUnit.SECONDS);
            // what is done is not run again
            completions
                    .settled()
                    .completeOnTimeout(null, RELEASE_SECONDS, TimeUnit.SECONDS)
                    .get();
            table.release(pool, lost.allIds(), List.of())
                    .subscribeAsCompletionStage()
                    .get(RELEASE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warnf(
                    "jobs were not released; other workers take them over when their leases expire: %s", e.toString());
        }
    }

    /** How many jobs run on this replica. */
    public int running() {
        return running.size();
    }

    /** Claims due jobs soon; returns at once. */
    public void wake() {
        if (!stopped) {
            claims.demand();
        }
    }

    /** Stops a cancelled job if it runs on this replica. */
    public void stop(UUID job) {
        var run = running.get(job);
        if (run != null && run.end()) {
            run.cancelWork();
            finish(run, flow.stop(run));
        }
    }

    private Uni<Void> poll() {
        wake();
        return (others.couldRenew() ? flow.expire().invoke(jobs -> jobs.forEach(this::expired)) : table.ask(pool))
                .invoke(answer -> others.answered())
                .replaceWithVoid();
    }

    private void expired(Job job) {
        TRACED.warnf(
                job.context(),
                "the lease of job %s has expired, it was taken from its worker: %s",
                job.id(),
                job.state().wireName());
        if (job.state().isFinished()) {
            events.complete(job);
        } else {
            events.created(job);
            wake();
        }
    }

    private Uni<Boolean> claim() {
        // stop() says that it stops and then waits for this; here it is the other way round, so that one of the two
        // sees the other
        var answered = new CompletableFuture<Void>();
        claiming = answered;
        var wanted = wanted();
        if (draining || stopped || wanted.isEmpty()) {
            answered.complete(null);
            return Uni.createFrom().item(false);
        }
        return releaseLost()
                .chain(() -> claim(wanted))
                .onTermination()
                .invoke(() -> answered.complete(null))
                .invoke(claimed -> claimed.forEach(this::begin))
                .map(claimed -> !claimed.isEmpty());
    }

    /** The outcome of a claim that fails is unknown: it may be committed, even later. */
    private Uni<List<Job>> claim(Map<String, Integer> wanted) {
        return transactions
                .statement(client -> table.claim(client, wanted, lost.id(), config.lease()))
                .ifNoItem()
                .after(CALL)
                .fail()
                .onFailure()
                .invoke(lost::claimFailed);
    }

    /** How many more jobs of each kind there is capacity for. */
    private Map<String, Integer> wanted() {
        var taken = new HashMap<String, Integer>();
        running.values().forEach(run -> taken.merge(run.job().kind(), 1, Integer::sum));
        var wanted = new HashMap<String, Integer>();
        for (var kind : kinds.all()) {
            int free = kind.concurrency() - taken.getOrDefault(kind.name(), 0);
            if (free > 0) {
                wanted.put(kind.name(), free);
            }
        }
        return wanted;
    }

    private void begin(Job job) {
        if (stopped) {
            return;
        }
        var run = new RunningJob(job, table, pool, span(job));
        var before = running.put(job.id(), run);
        if (before != null && before.end()) {
            // its lease expired while PostgreSQL was unavailable, and this worker itself has claimed it again
            before.cancelWork();
        }
        run.working(flow.process(run)
                .subscribe()
                .with(result -> end(run, () -> flow.complete(run, result)), failure -> {
                    run.failed(failure);
                    end(run, () -> flow.fail(run, failure));
                }));
    }

    private Span span(Job job) {
        if (!tracing.isOn()) {
            return Span.NONE;
        }
        return tracing.start(Kind.CONSUMER, "run " + job.kind(), job.context())
                .with("pms.job.id", job.id().toString())
                .with("pms.job.attempt", job.attempt());
    }

    private void end(RunningJob run, Supplier<Uni<Void>> how) {
        if (run.end()) {
            finish(run, how.get());
        }
    }

    private void finish(RunningJob run, Uni<Void> stored) {
        stored.onFailure()
                .invoke(failure -> lost.notStored(run.jobId()))
                .onTermination()
                .invoke(() -> {
                    running.remove(run.jobId(), run);
                    wake();
                })
                .subscribe()
                .with(
                        done -> {},
                        failure -> TRACED.warnf(
                                run.context(),
                                "the outcome of job %s was not stored, it will run again: %s",
                                run.jobId(),
                                failure.toString()));
    }

    private void abandon(RunningJob run) {
        if (run.end()) {
            run.cancelWork();
        }
        running.remove(run.jobId(), run);
    }

    private Uni<Void> announceProgress() {
        running.values().forEach(flow::announceProgress);
        return Uni.createFrom().voidItem();
    }

    private Uni<Void> heartbeat() {
        var runs = List.copyOf(running.values());
        long due = config.lease().dividedBy(HEARTBEATS_A_LEASE).toNanos() - STORE_PROGRESS.toNanos() / 2;
        if (runs.isEmpty()
                || (System.nanoTime() - renewedAt < due && runs.stream().noneMatch(RunningJob::hasUnstoredProgress))) {
            return Uni.createFrom().voidItem();
        }
        var claims = new ArrayList<WorkTable.Claim>(runs.size());
        runs.forEach(run -> claims.add(run.claim()));
        return table.heartbeat(pool, claims, config.lease())
                .invoke(renewed -> {
                    renewedAt = System.nanoTime();
                    runs.forEach(run -> check(run, renewed));
                })
                .replaceWithVoid();
    }

    private void check(RunningJob run, Map<UUID, Boolean> renewed) {
        var cancelled = renewed.get(run.jobId());
        if (cancelled == null) {
            if (run.end()) {
                TRACED.warnf(run.context(), "job %s was claimed by another worker, it is stopped here", run.jobId());
                run.cancelWork();
                running.remove(run.jobId(), run);
                wake();
            }
        } else if (cancelled) {
            stop(run.jobId());
        }
    }

    /** Releases what was claimed without this worker knowing: nobody works on it, and the attempt has not begun. */
    private Uni<Void> releaseLost() {
        var ids = lost.lostIds();
        if (ids.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        var except = new ArrayList<>(running.keySet());
        except.addAll(lost.unstored());
        long asked = System.nanoTime();
        return table.release(pool, ids, except)
                .ifNoItem()
                .after(CALL)
                .fail()
                .invoke(released -> {
                    if (released > 0) {
                        LOG.infof("released %d jobs that were claimed without an answer", released);
                    }
                    lost.released(asked);
                })
                .replaceWithVoid();
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) > 0 ? a : b;
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }
}
