package org.pmsevents.http.precondition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.http.precondition.Preconditions.Use;
import org.pmsevents.platform.problem.AppException;

@Pure
class PreconditionsTest {

    private static Preconditions ifMatch(String... headers) {
        return Preconditions.of(List.of(headers), List.of());
    }

    private static Preconditions ifNoneMatch(String... headers) {
        return Preconditions.of(List.of(), List.of(headers));
    }

    private static void fails(ThrowingCallable evaluation, String code) {
        assertThatThrownBy(evaluation).isInstanceOfSatisfying(AppException.class, failure -> {
            assertThat(failure.status()).isEqualTo(412);
            assertThat(failure.code()).isEqualTo(code);
        });
    }

    private static boolean matches(long version, String... headers) {
        try {
            ifMatch(headers).checkChange(version);
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
        assertThat(ifNoneMatch().isNotModified(3)).isFalse();
    }

    @Test
    void aChangeComparesStronglyAReadWeakly() {
        assertThat(matches(3, "\"3\"")).isTrue();
        assertThat(matches(3, "W/\"3\"")).isFalse();
        assertThat(matches(3, "*")).isTrue();
        assertThat(ifNoneMatch("W/\"3\"").isNotModified(3)).isTrue();
        assertThat(ifNoneMatch("*").isNotModified(3)).isTrue();
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
            assertThatThrownBy(() -> ifMatch(header))
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
                assertThatCode(() -> ifMatch(hostile)).isInstanceOf(AppException.class);
            }
        });
    }

    @Test
    void aChangeIsRefusedIfTheClientWantsNoneOrAnother() {
        fails(() -> ifNoneMatch("*").checkChange(3), "version-mismatch");
        fails(() -> ifNoneMatch("\"1\"", "W/\"3\"").checkChange(3), "version-mismatch");
        assertThatCode(() -> ifNoneMatch("\"1\"").checkChange(3)).doesNotThrowAnyException();
    }

    @Test
    void aReadOfAnotherVersionIsRefusedAndIfMatchComesFirst() {
        fails(() -> ifMatch("\"2\"").isNotModified(3), "version-mismatch");
        fails(() -> ifMatch("W/\"3\"").isNotModified(3), "version-mismatch");
        assertThat(ifMatch("*").isNotModified(3)).isFalse();
        assertThat(ifMatch("\"3\"").isNotModified(3)).isFalse();
        fails(() -> Preconditions.of(List.of("\"2\""), List.of("\"3\"")).isNotModified(3), "version-mismatch");
        assertThat(Preconditions.of(List.of("\"3\""), List.of("\"3\"")).isNotModified(3))
                .isTrue();
    }

    @Test
    void withoutEntityTagsNoListMatches() {
        for (var use : Use.values()) {
            fails(ifMatch("\"3\""), use);
            assertThat(ifNoneMatch("\"3\"").failureWithoutTag(use)).isEmpty();
        }
        assertThat(ifMatch("*").failureWithoutTag(Use.CHANGE)).isEmpty();
        fails(ifNoneMatch("*"), Use.CHANGE);
        fails(ifMatch("*"), Use.CREATE);
        assertThat(ifNoneMatch("*").failureWithoutTag(Use.CREATE)).isEmpty();
    }

    private static void fails(Preconditions conditions, Use use) {
        assertThat(conditions.failureWithoutTag(use))
                .hasValueSatisfying(failure -> assertThat(failure.code()).isEqualTo("precondition-failed"));
    }
}
