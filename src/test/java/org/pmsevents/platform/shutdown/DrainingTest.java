package org.pmsevents.platform.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class DrainingTest {
    private final Draining draining = new Draining();
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    private Uni<Void> store(String what) {
        return Uni.createFrom().item(what).invoke(done::add).replaceWithVoid();
    }

    @Test
    void itBeginsWithTheFirstWordOfTheEnd() {
        assertThat(draining.begun()).isFalse();
        draining.begin(new ShutdownDelayInitiatedEvent());
        assertThat(draining.begun()).isTrue();
    }

    @Test
    void whatMustNotBeLostIsStoredBeforeTheEndReturns() {
        draining.onShutdown("first", () -> store("first"));
        draining.onShutdown("second", () -> store("second").onItem().delayIt().by(Duration.ofMillis(50)));
        draining.begin(new ShutdownDelayInitiatedEvent());
        assertThat(done).isEmpty();
        draining.end(new ShutdownEvent());
        assertThat(done).containsExactlyInAnyOrder("first", "second");
    }

    @Test
    void aStepThatFailsOrHangsHoldsUpNeitherTheOthersNorTheEnd() {
        draining.onShutdown("throws", () -> {
            throw new IllegalStateException("broken");
        });
        draining.onShutdown("fails", () -> Uni.createFrom().failure(new IllegalStateException("broken")));
        draining.onShutdown("hangs", () -> Uni.createFrom().nothing());
        draining.onShutdown("works", () -> store("works"));
        draining.end(new ShutdownEvent());
        assertThat(done).containsExactly("works");
    }

    @Test
    void momentsLieWithinTheWindowAndNeverAtOnce() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(Draining.randomDelay(Duration.ofMillis(3))).isBetween(1L, 3L);
            assertThat(Draining.randomDelay(Duration.ZERO)).isEqualTo(1);
        }
    }
}
