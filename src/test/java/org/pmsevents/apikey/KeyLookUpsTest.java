package org.pmsevents.apikey;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.helpers.test.UniAssertSubscriber;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.AppException;

@Pure
class KeyLookUpsTest {
    private final List<Set<String>> asked = new ArrayList<>();
    private final List<UniEmitter<? super Map<String, String>>> answers = new ArrayList<>();
    private final KeyLookUps<String> lookUps =
            new KeyLookUps<>(ids -> Uni.createFrom().emitter(answer -> {
                asked.add(ids);
                answers.add(answer);
            }));

    private UniAssertSubscriber<Optional<String>> find(String id) {
        return lookUps.find(id).subscribe().withSubscriber(UniAssertSubscriber.create());
    }

    @Test
    void oneQueryAtATimeForAllThatIsAskedMeanwhile() {
        var first = find("a");
        var second = find("b");
        var again = find("b");
        var third = find("c");
        assertThat(asked).containsExactly(Set.of("a"));

        answers.get(0).complete(Map.of("a", "A"));
        first.assertItem(Optional.of("A"));
        second.assertNotTerminated();
        assertThat(asked).containsExactly(Set.of("a"), Set.of("b", "c"));

        answers.get(1).complete(Map.of("b", "B"));
        second.assertItem(Optional.of("B"));
        again.assertItem(Optional.of("B"));
        third.assertItem(Optional.empty());

        find("d");
        assertThat(asked).hasSize(3).last().isEqualTo(Set.of("d"));
    }

    @Test
    void aQueryAsksForFiveHundredAtMostAndOfTooManyTheRestIsRefused() {
        find("first");
        var waiting = new ArrayList<UniAssertSubscriber<Optional<String>>>();
        for (int i = 0; i < 2_000; i++) {
            waiting.add(find("key-" + i));
        }
        find("one more").assertFailedWith(AppException.class, "too-busy");
        waiting.forEach(UniAssertSubscriber::assertNotTerminated);
        for (int i = 0; i < 5; i++) {
            answers.get(i).complete(Map.of());
        }
        waiting.forEach(each -> each.assertItem(Optional.empty()));
        assertThat(asked).hasSize(5).allMatch(ids -> ids.size() <= 500);
        find("one more").assertNotTerminated();
    }

    @Test
    void aFailureIsThatOfItsOwnQueryOnly() {
        var first = find("a");
        var second = find("b");
        answers.get(0).fail(new IllegalStateException("unavailable"));
        first.assertFailedWith(IllegalStateException.class, "unavailable");
        answers.get(1).complete(Map.of("b", "B"));
        second.assertItem(Optional.of("B"));
    }
}
