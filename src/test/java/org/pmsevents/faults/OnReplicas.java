package org.pmsevents.faults;

import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.pmsevents.cluster.Replica;

/** What happens to the processes of the service. */
final class OnReplicas {
    /** With what the chance adds, longer than {@link Ground#LEASE} and every timeout. */
    private static final int PAUSE_SECONDS = 13;

    private OnReplicas() {}

    static List<Fault> all() throws IOException {
        var all = new ArrayList<>(List.of(
                new Fault("replica killed (SIGKILL)", OnReplicas::kill),
                new Fault("two replicas killed (SIGKILL)", OnReplicas::killTwo),
                new Fault("replica paused (SIGSTOP)", OnReplicas::pause),
                new Fault("replica replaced (SIGTERM)", OnReplicas::replace)));
        if (!Replica.isNative()) {
            all.add(new Fault("clock of a replica jumps", OnReplicas::jump));
        }
        return all;
    }

    /** By minutes, and back. */
    private static void jump(Ground ground, Random chance) throws Exception {
        var clock = ground.fleet().any(chance).clock();
        var minutes = Duration.ofMinutes(chance.nextInt(1, 11));
        var before = ground.ask("SELECT clock_timestamp()");
        clock.set(chance.nextBoolean() ? minutes : minutes.negated());
        try {
            ground.holdFor(chance, 3, 7);
            await("an alert says so")
                    .atMost(Ground.RECOVERED)
                    .until(() ->
                            ground.number("SELECT count(*) FROM alert WHERE key LIKE 'clock-offset:%' AND last_at > '"
                                            + before + "'")
                                    > 0);
        } finally {
            clock.set(Duration.ZERO);
            ground.mended();
        }
    }

    private static void kill(Ground ground, Random chance) throws IOException {
        var victim = ground.fleet().any(chance);
        victim.replica().kill();
        ground.holdFor(chance, 0, 3);
        ground.mended();
        victim.startAgain();
    }

    private static void killTwo(Ground ground, Random chance) throws IOException {
        var survivor = ground.fleet().any(chance);
        var victims = ground.fleet().members().stream()
                .filter(member -> member != survivor)
                .toList();
        victims.forEach(victim -> victim.replica().kill());
        ground.holdFor(chance, 0, 3);
        ground.mended();
        for (var victim : victims) {
            victim.startAgain();
        }
    }

    private static void pause(Ground ground, Random chance) {
        var victim = ground.fleet().any(chance);
        victim.replica().pause();
        try {
            ground.holdFor(chance, PAUSE_SECONDS, PAUSE_SECONDS + 4);
        } finally {
            victim.replica().resume();
            ground.mended();
        }
    }

    private static void replace(Ground ground, Random chance) throws IOException {
        var victim = ground.fleet().any(chance);
        victim.replica().terminate();
        ground.mended();
        victim.startAgain();
    }
}
