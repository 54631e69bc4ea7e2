package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class ScheduleTest {
    private static final Fault FIRST = fault("first");
    private static final List<Fault> FAULTS =
            IntStream.range(0, 20).mapToObj(i -> fault("fault " + i)).toList();

    private static Fault fault(String name) {
        return new Fault(name, (ground, chance) -> {});
    }

    private static List<String> drawn(long seed, int count) {
        var schedule = new Schedule(seed, FIRST, FAULTS);
        var drawn = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            drawn.add(schedule.next().name() + " " + schedule.chance().nextLong());
        }
        return drawn;
    }

    @Test
    void theSameSeedGivesTheSameFaultsAndChances() {
        assertThat(drawn(4711, 50)).isEqualTo(drawn(4711, 50)).isNotEqualTo(drawn(4712, 50));
    }

    @Test
    void everyFaultHappensOnceBeforeAnyHappensAgain() {
        var schedule = new Schedule(4711, FIRST, FAULTS);
        assertThat(schedule.next()).isEqualTo(FIRST);
        for (int round = 0; round < 3; round++) {
            assertThat(IntStream.range(0, FAULTS.size()).mapToObj(i -> schedule.next()))
                    .containsExactlyInAnyOrderElementsOf(FAULTS);
        }
    }
}
