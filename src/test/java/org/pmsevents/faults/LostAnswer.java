package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.pmsevents.cluster.NetworkLink;
import org.pmsevents.cluster.PostgresProxy.Cut;

/** A change is committed, and nobody is told so: its client asks again under the same key, and the change is made once. */
final class LostAnswer {
    private LostAnswer() {}

    static Fault toTheClient() {
        return new Fault("answer to a client lost after the commit", LostAnswer::betweenReplicaAndClient);
    }

    static List<Fault> all() {
        return List.of(
                toTheClient(),
                new Fault("answer of a commit lost", (ground, chance) -> cut(ground, chance, Cut.UNANSWERED)),
                new Fault("answer of a commit cut in half", (ground, chance) -> cut(ground, chance, Cut.HALF_ANSWERED)));
    }

    /** The network loses the answer of the replica, and then the connection; the client asks another replica. */
    private static void betweenReplicaAndClient(Ground ground, Random chance) throws Exception {
        var replica = ground.fleet().any(chance);
        var call = ground.shop().adjustment(ground.shop().shelves().get(chance.nextInt(12)), 3);
        try (var link = new NetworkLink(replica.address())) {
            link.cutWays(false, true);
            var first = CompletableFuture.supplyAsync(() -> {
                try {
                    return ground.caller().askOnce(link.address(), call, 1);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            await("the change is committed")
                    .atMost(Ground.RECOVERED)
                    .until(() -> ground.number(
                                    "SELECT count(*) FROM stock_movement WHERE reference = '" + call.key() + "'")
                            == 1);
            link.close();
            assertThat(first.join()).as("the answer is lost").isNull();
        }
        var others = ground.fleet().members().stream()
                .filter(member -> member != replica)
                .toList();
        var again = ground.caller()
                .askOnce(others.get(chance.nextInt(others.size())).address(), call, 2);
        if (again == null) {
            again = ground.caller().ask(call, chance);
        }
        assertThat(again.replayed()).as("%s", again).isTrue();
        ground.shop().moved(call, again);
    }

    /** The connection to PostgreSQL is cut after the commit and before its answer. */
    private static void cut(Ground ground, Random chance, Cut cut) throws Exception {
        var call = ground.shop().adjustment(ground.shop().shelves().get(chance.nextInt(12)), 3);
        ground.cluster().postgres().cutAt(cut, String.valueOf(call.key()));
        var answer = ground.caller().ask(call, chance);
        assertThat(ground.cluster().postgres().isWaitingToCut()).as("cut").isFalse();
        ground.shop().moved(call, answer);
    }
}
