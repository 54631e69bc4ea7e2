package org.pmsevents.platform.clock;

import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Instant;

/** The clock of this machine, which may be wrong and may jump. Nothing but {@link DatabaseClock} reads it; a test replaces it. */
@Singleton
class MachineClock {
    private static final Clock UTC = Clock.systemUTC();

    Instant now() {
        return UTC.instant();
    }
}
