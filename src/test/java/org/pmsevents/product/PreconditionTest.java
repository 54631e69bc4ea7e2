package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.AppException;

@Pure
class PreconditionTest {

    private static boolean matches(long version, String... headers) {
        try {
            Precondition.ifMatch(List.of(headers)).check(version);
            return true;
        } catch (AppException e) {
            assertThat(e.status()).isEqualTo(412);
            assertThat(e.headers()).containsEntry("ETag", "\"" + version + "\"");
            return false;
        }
    }

    @Test
    void noHeaderIsNoCondition() {
        assertThat(matches(3)).isTrue();
        assertThat(Precondition.ifNoneMatch(List.of()).names(3)).isFalse();
    }

    @Test
    void aChangeComparesStronglyAReadWeakly() {
        assertThat(matches(3, "\"3\"")).isTrue();
        assertThat(matches(3, "W/\"3\"")).isFalse();
        assertThat(matches(3, "*")).isTrue();
        assertThat(Precondition.ifNoneMatch(List.of("W/\"3\"")).names(3)).isTrue();
        assertThat(Precondition.ifNoneMatch(List.of("*")).names(3)).isTrue();
    }

    @Test
    void severalHeadersAreOneList() {
        assertThat(matches(3, "\"1\", \"2\"", " \"3\" ")).isTrue();
        assertThat(matches(3, "\"1\"", "\"2\"")).isFalse();
        assertThat(matches(3, ",\"1\",, \"3\",")).isTrue();
    }

    @Test
    void aCommaMayBePartOfATag() {
        assertThat(matches(3, "\"a,b\",\"3\"")).isTrue();
        assertThat(matches(3, "\"a,3,b\"")).isFalse();
    }

    @Test
    void whatIsNoListOfTagsIsRefused() {
        for (var header :
                List.of("3", "\"3", "3\"", "'3'", "\"3\" \"4\"", "\"3\";", "*, \"3\"", "", " ", ",", "\"a b\"")) {
            assertThatThrownBy(() -> Precondition.ifMatch(List.of(header)))
                    .as(header)
                    .isInstanceOfSatisfying(
                            AppException.class,
                            refusal -> assertThat(refusal.code()).isEqualTo("invalid-header"));
        }
    }

    @Test
    void longHeadersAreReadQuickly() {
        Assertions.assertTimeout(Duration.ofSeconds(1), () -> {
            assertThat(matches(3, "\"1\",".repeat(50_000) + "\"3\"")).isTrue();
            for (var hostile : List.of("\"1\"" + " ".repeat(50_000) + "x", ",".repeat(50_000), "W/".repeat(50_000))) {
                assertThatCode(() -> Precondition.ifMatch(List.of(hostile))).isInstanceOf(AppException.class);
            }
        });
    }
}
