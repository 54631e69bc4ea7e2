package org.pmsevents.queue.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;

/** What becomes of jobs when the processes that work on them are killed, paused or stopped. */
@Tag("native")
@Tag("native-suffices")
class JobFaultsIT {
    private static final Duration LONG = Duration.ofSeconds(60);

    private Cluster cluster;
    private Connection database;
    private Probes probes;

    /** @param lease how long a worker may be silent */
    private void startCluster(String lease) throws SQLException {
        cluster = new Cluster(Map.of("PMS_EVENTS_QUEUE_LEASE", lease));
        database = cluster.database();
        probes = new Probes(database);
    }

    @AfterEach
    void stopCluster() throws SQLException, IOException {
        database.close();
        cluster.close();
    }

    @Test
    void tenThousandJobsOnTwoReplicasAreCompletedOnceEach() throws Exception {
        // nobody is killed here: with the usual lease no pause of the machine looks like a death
        startCluster("30s");
        var replicas = List.of(cluster.start(0), cluster.start(0));
        // most of them beside the service: asking for ten thousand takes longer than working on them
        probes.insert(9_000);
        probes.create(replicas, 1_000, "{}");
        await().atMost(Duration.ofMinutes(4))
                .until(() -> probes.count("state <> 'completed' AND kind = 'queue.probe'") == 0);
        assertThat(probes.count("kind = 'queue.probe'")).isEqualTo(10_000);
        assertThat(
                        probes.count(
                                "kind = 'queue.probe' AND (attempt <> 1 OR token <> 1 OR errors <> '[]' OR (result ->> 'token') <> '1')"))
                .isZero();
    }

    @Test
    void killingAWorkerLosesNoJob() throws Exception {
        startCluster("6s");
        var killed = cluster.start(0);
        var other = cluster.start(0);
        // so long that most of them run once all are asked for
        probes.create(List.of(killed, other), 200, "{\"steps\":20,\"stepMillis\":100}");
        await("each of both has some").until(() -> probes.workers() == 2);
        killed.kill();
        long running = probes.count("state = 'running'");
        assertThat(running).isPositive();
        await().atMost(LONG).until(() -> probes.count("state <> 'completed' AND kind = 'queue.probe'") == 0);
        assertThat(probes.count("kind = 'queue.probe'")).isEqualTo(200);
        assertThat(probes.count("attempt > 2")).isZero();
        assertThat(probes.count("attempt = 2")).isBetween(1L, running);
        assertThat(probes.count("attempt = 2 AND errors -> 0 ->> 'error' = 'the lease of its worker has expired'"))
                .isEqualTo(probes.count("attempt = 2"));
    }

    @Test
    void aWorkerThatWakesUpLateCanNotCompleteWhatAnotherOneTookOver() throws Exception {
        startCluster("3s");
        var paused = cluster.start(0);
        var id = probes.create(paused, "{\"steps\":40,\"stepMillis\":250}");
        await().until(() -> probes.read(paused, id).get("state").textValue().equals("running"));
        paused.pause();
        var other = cluster.start(0);
        await().atMost(LONG).until(() -> probes.read(other, id).get("attempt").intValue() == 2);
        paused.resume();
        await().atMost(LONG)
                .until(() -> probes.read(other, id).get("state").textValue().equals("completed"));
        var job = probes.read(other, id);
        assertThat(job.get("result")).hasToString("{\"attempt\":2,\"token\":2}");
        assertThat(job.get("errors")).hasSize(1);
        // the late one has answered again by now, and changed nothing
        await().until(paused::isReady);
        assertThat(probes.read(paused, id)).isEqualTo(job);
        assertThat(probes.count("token <> 2 AND kind = 'queue.probe'")).isZero();
    }

    @Test
    void aWorkerThatIsStoppedGivesItsJobsBackAtOnceAndUsesUpNoAttempt() throws Exception {
        startCluster("10m");
        var stopped = cluster.start(0);
        var id = probes.create(stopped, "{\"steps\":120,\"stepMillis\":1000}");
        await().until(() -> probes.read(stopped, id).get("state").textValue().equals("running"));
        var other = cluster.start(0);
        stopped.terminate();
        await().until(() -> probes.read(other, id).get("state").textValue().equals("running"));
        var job = probes.read(other, id);
        assertThat(job.get("attempt").intValue()).isEqualTo(1);
        assertThat(job.get("errors")).isEmpty();
        probes.post(other, "/api/jobs/" + id + "/cancel", "");
        await().until(() -> probes.read(other, id).get("state").textValue().equals("cancelled"));
    }

    @Test
    void aJobIsCancelledWhereverItRuns() throws Exception {
        startCluster("3s");
        var runs = cluster.start(0);
        var id = probes.create(runs, "{\"steps\":100,\"stepMillis\":1000}");
        await().until(() -> probes.read(runs, id).get("state").textValue().equals("running"));
        var other = cluster.start(0);
        var asked = probes.post(other, "/api/jobs/" + id + "/cancel", "");
        assertThat(asked.get("state").textValue()).isEqualTo("running");
        await().until(() -> probes.read(other, id).get("state").textValue().equals("cancelled"));
    }
}
