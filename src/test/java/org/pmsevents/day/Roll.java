package org.pmsevents.day;

import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.pmsevents.cluster.Balancer;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;

/** Three replicas behind one address, and their replacement one after the other, as a rolling update does it. */
final class Roll implements AutoCloseable {
    private static final int REPLICAS = 3;
    private static final Duration READY = Duration.ofSeconds(90);

    /** As in deploy/kubernetes, but shorter; the delay is longer than the balancer needs to notice. */
    private static final Map<String, String> SETTINGS = Map.of(
            "QUARKUS_SHUTDOWN_DELAY", "3s",
            "PMS_EVENTS_DELIVERY_DRAIN", "3s",
            "PMS_EVENTS_DELIVERY_HEARTBEAT", "2s");

    private final Cluster cluster;
    private final Balancer balancer = new Balancer();
    private final List<Replica> old = new ArrayList<>();
    private final List<Ended> ended = new CopyOnWriteArrayList<>();

    /** How a replica that was told to end has done so. */
    record Ended(int exitCode, Duration took) {}

    Roll() throws SQLException, IOException {
        cluster = new Cluster(SETTINGS);
        for (int i = 0; i < REPLICAS; i++) {
            old.add(startReplica());
        }
    }

    Balancer balancer() {
        return balancer;
    }

    /** Begins it; completes when every replica has been replaced. */
    CompletableFuture<Void> begin() {
        return CompletableFuture.runAsync(() -> old.forEach(this::replace));
    }

    private void replace(Replica replica) {
        long begin = System.nanoTime();
        int exitCode = replica.terminate();
        ended.add(new Ended(exitCode, Duration.ofNanos(System.nanoTime() - begin)));
        balancer.remove(replica);
        startReplica();
    }

    private Replica startReplica() {
        var replica = cluster.start(0);
        balancer.add(replica);
        await("a new replica is ready").atMost(READY).until(() -> balancer.leadsTo(replica));
        return replica;
    }

    List<Ended> ended() {
        return ended;
    }

    @Override
    public void close() throws IOException, SQLException {
        balancer.close();
        cluster.close();
    }
}
