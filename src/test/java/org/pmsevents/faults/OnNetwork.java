package org.pmsevents.faults;

import java.time.Duration;
import java.util.List;
import java.util.Random;

/** What happens to the network between replicas and servers: to that of one replica, which the others do without, or of all. */
final class OnNetwork {
    private OnNetwork() {}

    static List<Fault> all() {
        return List.of(
                new Fault("PostgreSQL slow for all", OnNetwork::slow),
                new Fault(
                        "PostgreSQL does not hear a replica", (ground, chance) -> cutOne(ground, chance, true, false)),
                new Fault("PostgreSQL not heard by a replica", (ground, chance) -> cutOne(ground, chance, false, true)),
                new Fault("PostgreSQL cut off both ways for all", OnNetwork::cutAll),
                new Fault("replica isolated", OnNetwork::isolate));
    }

    private static void slow(Ground ground, Random chance) {
        var delay = Duration.ofMillis(chance.nextInt(20, 120));
        try {
            ground.fleet().members().forEach(member -> member.postgres().delay(delay));
            ground.holdFor(chance, 4, 9);
        } finally {
            ground.fleet().members().forEach(member -> member.postgres().mend());
            ground.mended();
        }
    }

    private static void cutOne(Ground ground, Random chance, boolean toServer, boolean toClient) {
        var link = ground.fleet().any(chance).postgres();
        try {
            link.cutWays(toServer, toClient);
            ground.holdFor(chance, 6, 14);
        } finally {
            link.mend();
            ground.mended();
        }
    }

    private static void cutAll(Ground ground, Random chance) {
        try {
            ground.fleet().members().forEach(member -> member.postgres().cutWays(true, true));
            ground.holdFor(chance, 4, 10);
        } finally {
            ground.fleet().members().forEach(member -> member.postgres().mend());
            ground.mended();
        }
    }

    private static void isolate(Ground ground, Random chance) {
        var victim = ground.fleet().any(chance);
        try {
            victim.postgres().cutWays(true, true);
            victim.redis().cutWays(true, true);
            ground.holdFor(chance, 6, 14);
        } finally {
            victim.postgres().mend();
            victim.redis().mend();
            ground.mended();
        }
    }
}
