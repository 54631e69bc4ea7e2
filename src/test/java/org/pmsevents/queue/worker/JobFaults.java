package org.pmsevents.queue.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;

/** For longer than every build has time for: workers that are killed and paused one after the other. */
class JobFaults {
    private static final int ROUNDS = 8;
    /** More than two replicas run at once, so that each of three has some. */
    private static final int JOBS = 300;

    @Test
    void everyJobIsCompletedHoweverManyWorkersDieOverIt() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        var random = new Random(seed);
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_QUEUE_LEASE", "2s"));
                var database = cluster.database()) {
            var probes = new Probes(database);
            var replicas = new ArrayList<>(List.of(cluster.start(0), cluster.start(0), cluster.start(0)));
            for (int round = 1; round <= ROUNDS; round++) {
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> replicas.stream().allMatch(Replica::isReady));
                probes.insertOfUnequalLength(JOBS);
                await("each of the three has some")
                        .atMost(Duration.ofSeconds(30))
                        .until(() -> probes.workers() == replicas.size());
                var victim = replicas.get(random.nextInt(replicas.size()));
                if (random.nextBoolean()) {
                    victim.kill();
                    replicas.remove(victim);
                    replicas.add(cluster.start(0));
                } else {
                    pauseUntilItsJobsAreTakenOver(victim, probes);
                }
            }
            await().atMost(Duration.ofMinutes(2))
                    .until(() -> probes.count("kind = 'queue.probe' AND state <> 'completed'") == 0);
            assertThat(probes.count("kind = 'queue.probe'")).isEqualTo((long) ROUNDS * JOBS);
            // what is stored is the work of the last who claimed it
            assertThat(probes.count("kind = 'queue.probe' AND (result ->> 'token')::bigint <> token"))
                    .isZero();
            System.out.printf(
                    "%d jobs, %d of them claimed more than once%n",
                    ROUNDS * JOBS, probes.count("kind = 'queue.probe' AND token > 1"));
        }
    }

    /** Whatever the victim had was taken over once, perhaps for the second time: each time adds an error, so errors are counted. */
    private static void pauseUntilItsJobsAreTakenOver(Replica victim, Probes probes) throws Exception {
        victim.pause();
        try {
            long before = probes.errors();
            await().atMost(Duration.ofSeconds(20)).until(() -> probes.errors() > before);
        } finally {
            victim.resume();
        }
    }
}
