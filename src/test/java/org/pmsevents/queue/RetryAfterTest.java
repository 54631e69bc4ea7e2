package org.pmsevents.queue;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

@Pure
class RetryAfterTest {
    private static final Instant NOW = Instant.parse("2026-11-24T08:00:00Z");
    private static final Duration LONGEST = Duration.ofHours(1);

    @ParameterizedTest
    @CsvSource({
        "0,0",
        " 120 ,120",
        "3600,3600",
        "3601,3600",
        "99999999999999999999,3600",
        "'Tue, 24 Nov 2026 08:00:30 GMT',30",
        "'Tue, 24 Nov 2026 07:59:00 GMT',0",
        "'Wed, 25 Nov 2026 08:00:00 GMT',3600"
    })
    void bothFormsAreReadAndBounded(String header, long seconds) {
        assertThat(RetryAfter.parse(header, NOW, LONGEST)).contains(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1", "1.5", "2026-11-24T08:00:30Z"})
    void whatCantBeReadIsLeftOut(String header) {
        assertThat(RetryAfter.parse(header, NOW, LONGEST)).isEmpty();
    }

    @Test
    void anAbsentHeaderSaysNothing() {
        assertThat(RetryAfter.parse(null, NOW, LONGEST)).isEmpty();
    }
}
