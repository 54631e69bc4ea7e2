package org.pmsevents.faults;

import java.util.List;
import java.util.Random;

/** Two faults at once, where the second meets those who know of the first, or who do not. */
final class OnSeveral {
    private OnSeveral() {}

    static List<Fault> all() {
        return List.of(
                new Fault("replica killed while Redis is unreachable", OnSeveral::killWithoutRedis),
                new Fault("database goes back while a replica is paused", OnSeveral::goBackUnseen));
    }

    /** The new one begins without Redis, too. */
    private static void killWithoutRedis(Ground ground, Random chance) throws Exception {
        var victim = ground.fleet().any(chance);
        ground.cluster().cutRedisOff();
        try {
            ground.holdFor(chance, 0, 3);
            victim.replica().kill();
            ground.holdFor(chance, 0, 3);
            victim.startAgain();
        } finally {
            ground.cluster().reconnectRedis();
            ground.mended();
        }
    }

    private static void goBackUnseen(Ground ground, Random chance) throws Exception {
        var victim = ground.fleet().any(chance);
        victim.replica().pause();
        try {
            EarlierState.goBack(ground, chance);
        } finally {
            victim.replica().resume();
            ground.mended();
        }
    }
}
