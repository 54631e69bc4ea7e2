package org.pmsevents.platform.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class UuidV7Test {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00.123456Z");

    private static UUID at(Instant time) {
        return UuidV7.next(Clock.fixed(time, ZoneOffset.UTC));
    }

    @Test
    void carriesVersionVariantAndMilliseconds() {
        for (int i = 0; i < 1_000; i++) {
            var id = at(NOW);
            assertThat(id.version()).isEqualTo(7);
            assertThat(id.variant()).isEqualTo(2);
            assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(NOW.toEpochMilli());
        }
    }

    @Test
    void sortsByTimeAsTextAndIsUnique() {
        var ids = new HashSet<UUID>();
        var before = at(NOW).toString();
        for (int i = 1; i <= 1_000; i++) {
            var id = at(NOW.plusMillis(i));
            assertThat(id.toString()).isGreaterThan(before);
            before = id.toString();
            ids.add(at(NOW));
        }
        assertThat(ids).hasSize(1_000);
    }
}
