package org.pmsevents.pms.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

@Pure
class PmsUrlTest {
    @ParameterizedTest
    @ValueSource(strings = {"https://pms.example/api", "HTTP://pms.example:8080", "http://[::1]:80/a/b/"})
    void webAddressesAreFine(String url) {
        assertThat(PmsUrl.problem(url)).isEmpty();
        assertThat(PmsUrl.parse(url).toString()).doesNotEndWith("/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pms.example",
                "ftp://pms.example",
                "https://user:secret@pms.example",
                "https://pms.example?token=secret",
                "https://pms.example#secret",
                "https://",
                "http://secret host"
            })
    void whatCantBeUsedIsToldWithoutBeingRepeated(String url) {
        assertThat(PmsUrl.problem(url))
                .hasValueSatisfying(problem ->
                        assertThat(problem).startsWith("PMS_EVENTS_PMS_URL: ").doesNotContain("secret"));
        assertThatThrownBy(() -> PmsUrl.parse(url)).isInstanceOf(IllegalArgumentException.class);
    }
}
