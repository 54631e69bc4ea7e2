package org.pmsevents.day;

import org.junit.jupiter.api.Test;

/** A whole trading day while every replica is replaced. */
class RollingUpdateFaults {
    @Test
    void noRequestFailsAndNoEventIsLostOrDoubledInAWholeDay() throws Exception {
        new RolledDay(DaySettings.standard().day()).replayAndCheck();
    }
}
