package org.pmsevents.queue.schedule;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobKinds;
import org.pmsevents.queue.JobTable;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;

/**
 * Creates the jobs of kinds with a cron expression. Each time creates one job in the whole cluster, because the next time is set in
 * the transaction that creates the job. Times that passed while no replica ran are made up for by a single job.
 */
@ApplicationScoped
public class JobSchedule {
    private static final Logger LOG = Logger.getLogger(JobSchedule.class);
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private final JobTable jobs;
    private final JobFlow flow;
    private final Transactions transactions;
    private final Clock clock;
    private final Periodic periodic;
    private final Map<String, JobKind<?>> kinds;
    private volatile boolean known;

    JobSchedule(
            JobTable jobs, JobFlow flow, JobKinds kinds, Transactions transactions, Clock clock, Periodic periodic) {
        this.jobs = jobs;
        this.flow = flow;
        this.transactions = transactions;
        this.clock = clock;
        this.periodic = periodic;
        this.kinds = kinds.all().stream()
                .filter(kind -> kind.cron().isPresent())
                .collect(Collectors.toUnmodifiableMap(JobKind::name, kind -> kind));
    }

    void start(@Observes @Priority(StartOrder.AFTER_THE_FEED) StartupEvent started) {
        if (!kinds.isEmpty()) {
            periodic.task("jobs.schedule", LOOK, this::createDue)
                    .timeout(TIMEOUT)
                    .onFailure(failure -> LOG.warnf("can't look at the schedule: %s", failure.toString()))
                    .start();
        }
    }

    /** Creates the jobs whose time has come. */
    public Uni<Void> createDue() {
        return setFirstTimes()
                .chain(() -> transactions.run(transaction ->
                        jobs.due(transaction, List.copyOf(kinds.keySet())).chain(due -> createAll(transaction, due))))
                .invoke(created -> created.forEach(flow::announce))
                .replaceWithVoid();
    }

    private Uni<Void> setFirstTimes() {
        if (known) {
            return Uni.createFrom().voidItem();
        }
        return transactions
                .run(transaction -> Multi.createFrom()
                        .iterable(kinds.values())
                        .onItem()
                        .transformToUniAndConcatenate(kind -> jobs.schedule(
                                transaction, kind.name(), kind.cron().orElseThrow(), next(kind, clock.instant())))
                        .collect()
                        .last()
                        .replaceWithVoid())
                .invoke(() -> known = true);
    }

    private Uni<List<Job>> createAll(SqlClient transaction, List<JobTable.Due> due) {
        return Multi.createFrom()
                .iterable(due)
                .onItem()
                .transformToUniAndConcatenate(
                        each -> create(transaction, Objects.requireNonNull(kinds.get(each.kind())), each.now()))
                .collect()
                .asList();
    }

    private <P> Uni<Job> create(SqlClient transaction, JobKind<P> kind, Instant now) {
        var nothing = StrictJson.read("{}".getBytes(StandardCharsets.UTF_8)).fields();
        var job = NewJob.of(kind, kind.read(nothing), RequestContext.system()).unique("cron");
        return flow.createJob(transaction, job)
                .call(() -> jobs.moveSchedule(transaction, kind.name(), next(kind, now)));
    }

    private static Instant next(JobKind<?> kind, Instant after) {
        var cron = PARSER.parse(kind.cron().orElseThrow());
        return ExecutionTime.forCron(cron)
                .nextExecution(after.atZone(ZoneOffset.UTC))
                .orElseThrow(() -> new IllegalStateException("the cron expression of " + kind.name() + " never matches"))
                .toInstant();
    }
}
