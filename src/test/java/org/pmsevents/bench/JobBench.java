package org.pmsevents.bench;

import static org.pmsevents.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.cluster.Replica;

/**
 * Jobs that do nothing, a second, on two replicas, beside what PostgreSQL itself makes of taking them in hundreds with {@code SKIP LOCKED},
 * sent by pgbench: in turn, on the same server, both durable, so that only their ratio is looked at. PostgreSQL has analysed the jobs while
 * all are due, as it has of any backlog within a minute.
 */
class JobBench {
    private static final int JOBS = Integer.getInteger("bench.jobs", 20_000);
    private static final int TAKEN = 100;
    private static final int PGBENCH_CLIENTS = 2;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final int WARM_UP_ROUNDS = 3;

    private static final String FILL = """
            TRUNCATE job;
            INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)
            SELECT gen_random_uuid(), 'queue.probe', '{"steps":0}', 'available', 0, now(), 5, 'bench', '0af7651916cd43dd8448eb211c80319c'
            FROM generate_series(1, %d);
            ANALYZE job;
            """.formatted(JOBS);

    private static final String TAKE = """
            UPDATE job SET state = 'running', attempt = 1, token = 1, worker = gen_random_uuid(), lease_until = now() WHERE id IN (SELECT id FROM job WHERE kind = 'queue.probe' AND state IN ('scheduled', 'available', 'retryable') ORDER BY priority DESC, run_at, id LIMIT %d FOR UPDATE SKIP LOCKED) RETURNING *;
            """.formatted(TAKEN);

    @TempDir
    Path folder;

    @Test
    void jobsBesideTakingThemInHundreds() throws Exception {
        try (var servers = new BenchServers();
                var one = servers.service("bench-1");
                var two = servers.service("bench-2")) {
            var script = Files.writeString(folder.resolve("take.sql"), TAKE);
            var replicas = List.of(one, two);
            replicas.forEach(replica -> await().atMost(Duration.ofMinutes(1)).until(replica::isReady));
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                run(servers);
            }
            var comparison = new Comparison(
                    "jobs", JOBS + " jobs, two replicas; pgbench takes as many in hundreds; CPU in µs/job");
            for (int i = 0; i < ROUNDS; i++) {
                servers.forLimit(FILL);
                int transactions = JOBS / TAKEN / PGBENCH_CLIENTS;
                double limit = TAKEN * servers.pgbench(script, "-c", "" + PGBENCH_CLIENTS, "-t", "" + transactions);
                var before = cpuTime(replicas);
                var beforePostgres = servers.postgresCpu();
                double perSecond = run(servers);
                var more = new LinkedHashMap<String, Double>();
                more.put("replicas", micros(before, cpuTime(replicas)) / JOBS);
                more.put("PostgreSQL", micros(beforePostgres, servers.postgresCpu()) / JOBS);
                comparison.round(limit, perSecond, more);
            }
            comparison.report();
        }
    }

    /** From the commit of all of them until none is left. */
    private static double run(BenchServers servers) throws Exception {
        servers.forService(FILL);
        long begun = System.nanoTime();
        await().atMost(Duration.ofMinutes(5))
                .until(() -> servers.askService("SELECT count(*) FROM job WHERE state <> 'completed'") == 0);
        return JOBS / ((System.nanoTime() - begun) / 1e9);
    }

    private static Duration cpuTime(List<Replica> replicas) {
        return replicas.stream().map(Replica::cpuTime).reduce(Duration.ZERO, Duration::plus);
    }

    private static double micros(Duration before, Duration after) {
        return after.minus(before).toNanos() / 1e3;
    }
}
