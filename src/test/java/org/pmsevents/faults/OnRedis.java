package org.pmsevents.faults;

import java.time.Duration;
import java.util.List;
import java.util.Random;

/** What happens to Redis. */
final class OnRedis {
    private OnRedis() {}

    static List<Fault> all() {
        return List.of(
                new Fault("Redis killed, a new one empty", OnRedis::kill),
                new Fault("Redis emptied (FLUSHALL)", OnRedis::empty),
                new Fault("Redis unreachable", OnRedis::cutOff),
                new Fault("Redis slow", OnRedis::slow),
                new Fault("Redis hangs", OnRedis::hang),
                new Fault("Redis loses and reorders messages", OnRedis::spoil));
    }

    private static void kill(Ground ground, Random chance) throws Exception {
        ground.cluster().stopRedis();
        try {
            ground.holdFor(chance, 1, 6);
        } finally {
            ground.cluster().startEmptyRedis();
            ground.mended();
        }
    }

    private static void empty(Ground ground, Random chance) {
        ground.cluster().emptyRedis();
        ground.mended();
    }

    private static void cutOff(Ground ground, Random chance) {
        ground.cluster().cutRedisOff();
        try {
            ground.holdFor(chance, 2, 8);
        } finally {
            ground.cluster().reconnectRedis();
            ground.mended();
        }
    }

    private static void slow(Ground ground, Random chance) {
        var delay = Duration.ofMillis(chance.nextInt(100, 600));
        try {
            ground.fleet().members().forEach(member -> member.redis().delay(delay));
            ground.holdFor(chance, 4, 9);
        } finally {
            ground.fleet().members().forEach(member -> member.redis().mend());
            ground.mended();
        }
    }

    private static void hang(Ground ground, Random chance) {
        try {
            ground.fleet().members().forEach(member -> member.redis().cutWays(true, true));
            ground.holdFor(chance, 4, 10);
        } finally {
            ground.fleet().members().forEach(member -> member.redis().mend());
            ground.mended();
        }
    }

    private static void spoil(Ground ground, Random chance) {
        ground.cluster().spoilRedisMessages(5, 3);
        try {
            ground.holdFor(chance, 3, 7);
        } finally {
            ground.cluster().spoilRedisMessages(0, 0);
            ground.mended();
        }
    }
}
