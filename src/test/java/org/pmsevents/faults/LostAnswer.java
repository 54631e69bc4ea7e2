package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.pmsevents.cluster.NetworkLink;
import org.pmsevents.cluster.PostgresProxy.Cut;
import org.pmsevents.faults.Caller.Answer;
import org.pmsevents.faults.Caller.Call;

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
                new Fault(
                        "answer of a commit cut in half", (ground, chance) -> cut(ground, chance, Cut.HALF_ANSWERED)));
    }

    /** The network loses the answer of the replica, and then the connection; the client asks another replica. */
    private static void betweenReplicaAndClient(Ground ground, Random chance) throws Exception {
        var replica = ground.fleet().any(chance);
        var call = ground.shop().adjustment(ground.shop().anyShelf(chance), 3);
        try (var link = new NetworkLink(replica.address())) {
            link.cutWays(false, true);
            var asked = new AtomicReference<>(ask(ground, link, call));
            await("the change is committed").atMost(Ground.RECOVERED).until(() -> {
                if (asked.get().isDone()) {
                    // it has waited for as long as a client does; the service may have had no time
                    asked.set(ask(ground, link, call));
                }
                return ground.number("SELECT count(*) FROM stock_movement WHERE reference = '" + call.key() + "'") == 1;
            });
            link.close();
            assertThat(asked.get().join()).as("the answer is lost").isEmpty();
            ground.mended();
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

    private static CompletableFuture<Optional<Answer>> ask(Ground ground, NetworkLink link, Call call) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return Optional.ofNullable(ground.caller().askOnce(link.address(), call, 1));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The connection to PostgreSQL is cut after the commit and before its answer. */
    private static void cut(Ground ground, Random chance, Cut cut) throws Exception {
        var call = ground.shop().adjustment(ground.shop().anyShelf(chance), 3);
        ground.cluster().postgres().cutAt(cut, String.valueOf(call.key()));
        ground.mended();
        var answer = ground.caller().ask(call, chance);
        assertThat(ground.cluster().postgres().isWaitingToCut()).as("cut").isFalse();
        ground.shop().moved(call, answer);
    }
}
