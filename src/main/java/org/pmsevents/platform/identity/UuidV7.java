package org.pmsevents.platform.identity;

import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** Makes UUIDs of version 7: milliseconds since the epoch, then random bits (RFC 9562, section 5.7). */
public final class UuidV7 {
    private UuidV7() {}

    public static UUID next(Clock clock) {
        var random = ThreadLocalRandom.current();
        long high = (clock.millis() << 16) | 0x7000 | (random.nextLong() & 0x0FFF);
        long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new UUID(high, low);
    }
}
