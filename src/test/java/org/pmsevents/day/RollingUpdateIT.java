package org.pmsevents.day;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Replacing every replica under load costs no request and no event; {@link RollingUpdateFaults} has the whole day. */
@Tag("faults-suffice")
class RollingUpdateIT {
    private static final int LINES = 300;

    @Test
    void noRequestFailsAndNoEventIsLostOrDoubledWhileAllReplicasAreReplaced() throws Exception {
        new RolledDay(DaySettings.standard().day().first(LINES)).replayAndCheck();
    }
}
