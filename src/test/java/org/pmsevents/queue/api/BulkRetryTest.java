package org.pmsevents.queue.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.JobTable;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.worker.ProbeJob;
import org.pmsevents.queue.worker.TestJobs;

/** All dead letters of a kind at once. */
@QuarkusTest
class BulkRetryTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int MANY = 1_100;

    private final String name = "B" + UUID.randomUUID();

    @Inject
    TestJobs.Single kind;

    @Inject
    ProbeJob probe;

    @Inject
    JobFlow flow;

    @Inject
    JobTable jobs;

    @Inject
    Transactions transactions;

    @Inject
    Pool pool;

    private long count(String where, Object parameter) {
        return get(pool.preparedQuery("SELECT count(*) FROM job WHERE " + where).execute(Tuple.of(parameter)))
                .iterator()
                .next()
                .getLong(0);
    }

    /** Dead letters of a kind, by the arrows that lead there. */
    private void discard(String kindOfJob, String key, String payload, int number) {
        for (var sql : new String[] {
            "INSERT INTO job (id, kind, payload, state, priority, run_at, unique_key, max_attempts, actor, trace_id)"
                    + " SELECT gen_random_uuid(), $1, '" + payload
                    + "', 'scheduled', 0, now() + interval '1 day', $2 || '#' || i, 1, 'a', 't' FROM generate_series(1, "
                    + number + ") AS i",
            "UPDATE job SET state = 'running', attempt = 1, token = 1, worker = gen_random_uuid(), lease_until = now() + interval '1 day'"
                    + " WHERE kind = $1 AND unique_key LIKE $2 || '#%'",
            "UPDATE job SET state = 'discarded', worker = NULL, lease_until = NULL, finished_at = now()"
                    + " WHERE kind = $1 AND unique_key LIKE $2 || '#%'"
        }) {
            get(pool.preparedQuery(sql).execute(Tuple.of(kindOfJob, key)));
        }
    }

    @Test
    void moreThanAreRetriedAtOnceAreRetriedByOneRequest() {
        discard(probe.name(), name, "{}", MANY);
        var retried = get(flow.retryDiscarded(probe.name(), null));
        assertThat(retried.retried()).isGreaterThanOrEqualTo(MANY);
        await().atMost(LIMIT).until(() -> count("unique_key LIKE $1 || '#%' AND state = 'completed'", name) == MANY);
    }

    @Test
    void oneWhoseKeyIsTakenAtThatVeryMomentIsLeft() {
        discard(kind.name(), name, "{\"name\":\"" + name + "\"}", 2);
        var commit = new CompletableFuture<UniEmitter<? super Object>>();
        var inAnHour = Instant.now().plus(Duration.ofHours(1));
        var other =
                new NewJob<>(kind, new TestJobs.Named(name), 0, inAnHour, name + "#1", null, RequestContext.system());
        var created = transactions
                .run(transaction -> flow.createJob(transaction, other)
                        .call(() -> Uni.createFrom().<Object>emitter(commit::complete)))
                .subscribeAsCompletionStage();
        var emitter = commit.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        var retried = flow.retryDiscarded(kind.name(), null).subscribeAsCompletionStage();
        await("it waits for the key")
                .until(() -> count(
                                "$1::text IS NOT NULL AND EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')",
                                name)
                        > 0);
        emitter.complete(null);
        var job = created.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join();
        assertThat(retried.orTimeout(LIMIT.toSeconds(), TimeUnit.SECONDS).join().retried())
                .isGreaterThanOrEqualTo(1);
        assertThat(count("unique_key = $1 AND state = 'discarded'", name + "#1"))
                .isEqualTo(1);
        assertThat(count("unique_key = $1 AND state = 'discarded'", name + "#2"))
                .isZero();
        get(jobs.cancel(pool, job.id()));
        await().until(() -> count("unique_key = $1 AND state = 'completed'", name + "#2") == 1);
    }
}
