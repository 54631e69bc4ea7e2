package org.pmsevents.day;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class InFlightTest {
    private static final List<Integer> THINGS =
            IntStream.range(0, 2_000).boxed().toList();

    private static int subject(int thing) {
        return thing * 31 % 7;
    }

    @Test
    void thingsAboutOneSubjectAreDoneOneAfterTheOtherInTheirOrder() {
        List<String> log = Collections.synchronizedList(new ArrayList<>());
        InFlight.each(THINGS, 8, InFlightTest::subject, thing -> {
            log.add("begin " + thing);
            log.add("end " + thing);
        });

        Map<Integer, List<String>> bySubject = new HashMap<>();
        log.forEach(entry -> bySubject
                .computeIfAbsent(subject(Integer.parseInt(entry.split(" ")[1])), key -> new ArrayList<>())
                .add(entry));
        assertThat(bySubject).hasSize(7);
        bySubject.forEach((subject, entries) -> assertThat(entries)
                .containsExactlyElementsOf(THINGS.stream()
                        .filter(thing -> subject(thing) == subject)
                        .flatMap(thing -> IntStream.range(0, 2).mapToObj(i -> (i == 0 ? "begin " : "end ") + thing))
                        .toList()));
    }

    @Test
    void asManyAreUnderWayAtOnceAsMayBeAndNoMore() {
        var together = new CyclicBarrier(4);
        var now = new AtomicInteger();
        var most = new AtomicInteger();
        InFlight.each(THINGS, 4, thing -> thing, thing -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            try {
                together.await(10, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            } finally {
                now.decrementAndGet();
            }
        });

        assertThat(most).hasValue(4);
    }

    @Test
    void theFirstFailureEndsItAll() {
        var done = new AtomicInteger();
        assertThatThrownBy(() -> InFlight.each(THINGS, 1, InFlightTest::subject, thing -> {
                    if (done.incrementAndGet() == 10) {
                        throw new IllegalStateException("no more");
                    }
                }))
                .hasRootCauseMessage("no more");
        assertThat(done).hasValue(10);
    }
}
