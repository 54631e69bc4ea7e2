package org.pmsevents.platform.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

@Pure
class TraceIdTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00 ",
                "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-a-later-version-adds"
            })
    void takesTheCallersTrace(String traceparent) {
        assertThat(TraceId.fromTraceparent(traceparent)).isEqualTo(TRACE);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
                "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01"
            })
    void makesANewOneWhereThereIsNoneToTake(String traceparent) {
        assertThat(TraceId.fromTraceparent(traceparent)).matches("[0-9a-f]{32}").isNotEqualTo(TRACE);
        assertThat(TraceId.fromTraceparent(traceparent)).isNotEqualTo("0".repeat(32));
    }

    @Test
    void theCallersSpanIsTheParentInTheCallersTraceOnly() {
        var traceparent = "00-" + TRACE + "-00f067aa0ba902b7-01";
        assertThat(TraceId.parentOf(TRACE, traceparent)).isEqualTo(0x00f067aa0ba902b7L);
        assertThat(TraceId.parentOf(TraceId.random(), traceparent)).isZero();
        assertThat(TraceId.parentOf(TRACE, "nonsense")).isZero();
        assertThat(TraceId.parentOf(TRACE, null)).isZero();
    }
}
