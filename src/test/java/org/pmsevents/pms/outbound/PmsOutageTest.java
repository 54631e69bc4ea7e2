package org.pmsevents.pms.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.event.RequestContext;

@Pure
class PmsOutageTest {
    /** As all times that leave: those who parse or sort keys need not know of shorter ones. */
    @Test
    void theTimeInTheKeyHasSixDigitsOfASecondWhateverTheyAre() {
        assertThat(PmsOutage.begun(Instant.parse("2026-11-24T04:05:06.120Z"), "503", RequestContext.system())
                        .key())
                .isEqualTo("pms:away:2026-11-24T04:05:06.120000Z");
        assertThat(PmsOutage.begun(Instant.parse("2026-11-24T04:05:06Z"), "503", RequestContext.system())
                        .key())
                .isEqualTo("pms:away:2026-11-24T04:05:06.000000Z");
    }
}
