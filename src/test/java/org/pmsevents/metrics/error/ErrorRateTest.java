package org.pmsevents.metrics.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.Settings;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.MetricsConfig;

/** With the defaults: high from 5 % of at least 20 requests in a minute on, normal below 2 %. */
@Pure
class ErrorRateTest {
    private static final Instant BEGUN = Instant.parse("2026-11-27T12:00:00Z");

    private final ErrorRate rate = new ErrorRate(Settings.of(MetricsConfig.class, Map.of()), BEGUN);
    private long requests;
    private long errors;
    private int second;

    /** A second with so many requests and errors. */
    private boolean second(int newRequests, int newErrors) {
        requests += newRequests;
        errors += newErrors;
        return rate.sample(requests, errors, BEGUN.plusSeconds(++second));
    }

    @Test
    void aShareFromTheThresholdOnIsHigh() {
        assertThat(second(100, 4)).isFalse();
        assertThat(rate.now().isHigh()).isFalse();
        assertThat(second(100, 6)).isTrue();
        assertThat(rate.now()).isEqualTo(new ErrorState(ErrorState.State.HIGH, BEGUN.plusSeconds(2), 200, 10));
        assertThat(rate.now().rate()).isEqualTo(0.05);
    }

    @Test
    void tooFewRequestsTellNothing() {
        assertThat(second(19, 19)).isFalse();
        assertThat(second(1, 0)).isTrue();
    }

    @Test
    void betweenTheThresholdsItStaysWhatItIs() {
        second(100, 10);
        assertThat(second(200, 0)).isFalse();
        assertThat(rate.now().isHigh()).as("10 of 300").isTrue();
        assertThat(second(250, 0)).isTrue();
        assertThat(rate.now().isHigh()).as("10 of 550").isFalse();
        assertThat(second(0, 10)).isFalse();
        assertThat(rate.now().isHigh()).as("20 of 550, on the way up").isFalse();
    }

    @Test
    void whatIsOlderThanTheWindowNoLongerCounts() {
        second(100, 50);
        for (int i = 0; i < 59; i++) {
            assertThat(second(0, 0)).isFalse();
        }
        assertThat(rate.now()).isEqualTo(new ErrorState(ErrorState.State.HIGH, BEGUN.plusSeconds(1), 100, 50));
        assertThat(second(0, 0)).isTrue();
        assertThat(rate.now()).isEqualTo(new ErrorState(ErrorState.State.NORMAL, BEGUN.plusSeconds(61), 0, 0));
    }
}
