package org.pmsevents.faults;

import java.util.List;
import java.util.Random;

/** What happens to the processes of the service. */
final class OnReplicas {
    /** With what the chance adds, longer than {@link Ground#LEASE} and every timeout. */
    private static final int PAUSE_SECONDS = 13;

    private OnReplicas() {}

    static List<Fault> all() {
        return List.of(
                new Fault("replica killed (SIGKILL)", OnReplicas::kill),
                new Fault("two replicas killed (SIGKILL)", OnReplicas::killTwo),
                new Fault("replica paused (SIGSTOP)", OnReplicas::pause),
                new Fault("replica replaced (SIGTERM)", OnReplicas::replace));
    }

    private static void kill(Ground ground, Random chance) {
        var victim = ground.fleet().any(chance);
        victim.replica().kill();
        ground.holdFor(chance, 0, 3);
        ground.mended();
        victim.startAgain();
    }

    private static void killTwo(Ground ground, Random chance) {
        var survivor = ground.fleet().any(chance);
        var victims = ground.fleet().members().stream()
                .filter(member -> member != survivor)
                .toList();
        victims.forEach(victim -> victim.replica().kill());
        ground.holdFor(chance, 0, 3);
        ground.mended();
        victims.forEach(Fleet.Member::startAgain);
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

    private static void replace(Ground ground, Random chance) {
        var victim = ground.fleet().any(chance);
        victim.replica().terminate();
        ground.mended();
        victim.startAgain();
    }
}
