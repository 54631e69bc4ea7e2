package org.pmsevents.queue;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class JobJsonTest {
    private static final String NEWS = "{\"id\":\"1\",\"state\":\"running\",\"progress\":%s,\"cancelRequested\":%s}";

    @Test
    void newsAsksAJobToStopByItsFieldOnly() {
        var note = "{\"done\":1,\"total\":2,\"note\":" + JobJson.quoted("\"cancelRequested\":true") + "}";
        var inside = "{\"cancelRequested\":true}";
        assertThat(JobJson.hasToStop(NEWS.formatted("null", "true"))).isTrue();
        assertThat(JobJson.hasToStop(NEWS.formatted(note, "true"))).isTrue();
        assertThat(JobJson.hasToStop(NEWS.formatted("null", "false"))).isFalse();
        assertThat(JobJson.hasToStop(NEWS.formatted(note, "false"))).isFalse();
        assertThat(JobJson.hasToStop(NEWS.formatted(inside, "false"))).isFalse();
    }
}
