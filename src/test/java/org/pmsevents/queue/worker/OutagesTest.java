package org.pmsevents.queue.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class OutagesTest {
    private long now = Long.MAX_VALUE - Duration.ofSeconds(20).toNanos();
    private final Outages outages = new Outages(Duration.ofSeconds(5), Duration.ofSeconds(4), () -> now);

    @Test
    void aReplicaThatHasJustStartedKnowsOfNoOutage() {
        assertThat(outages.couldRenew()).isTrue();
        answersFor(1);
        assertThat(outages.couldRenew()).isTrue();
    }

    @Test
    void anOutageOrAPauseGivesOthersTimeToRenew() {
        answersFor(10);
        pass(6);
        assertThat(outages.couldRenew()).isFalse();
        answersFor(3);
        assertThat(outages.couldRenew()).isFalse();
        answersFor(1);
        assertThat(outages.couldRenew()).isTrue();
    }

    @Test
    void aShortPauseChangesNothing() {
        answersFor(10);
        pass(5);
        assertThat(outages.couldRenew()).isTrue();
        outages.answered();
        assertThat(outages.couldRenew()).isTrue();
    }

    /** An answer at once, and one after each second. */
    private void answersFor(int seconds) {
        outages.answered();
        for (int i = 0; i < seconds; i++) {
            pass(1);
            outages.answered();
        }
    }

    private void pass(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }
}
