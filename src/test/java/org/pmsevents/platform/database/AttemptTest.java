package org.pmsevents.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.get;

import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

/** How often a transaction is repeated. */
@Pure
class AttemptTest {

    private int attempts;

    /** A transaction that fails so often, and then succeeds. */
    private Uni<Integer> transaction(int failures, Throwable failure) {
        return Attempt.repeatOnConflict(() -> {
            attempts++;
            return attempts > failures
                    ? Uni.createFrom().item(attempts)
                    : Uni.createFrom().failure(failure);
        });
    }

    @Test
    void aTransactionIsRepeatedAfterConflicts() {
        assertThat(get(transaction(5, new ConflictException(new IOException("deadlock")))))
                .isEqualTo(6);
    }

    @Test
    void afterSixAttemptsTheConflictIsTheCallers() {
        var conflict = new ConflictException(new IOException("deadlock"));
        assertThatThrownBy(() -> get(transaction(6, conflict))).isSameAs(conflict);
        assertThat(attempts).isEqualTo(6);
    }

    @Test
    void nothingElseIsRepeated() {
        var unknown = new OutcomeUnknownException(new IOException("lost"));
        assertThatThrownBy(() -> get(transaction(1, unknown))).isSameAs(unknown);
        assertThat(attempts).isEqualTo(1);
    }

    @Test
    void noAttemptFollowsOneThatEndsTooLate() {
        long longAgo = System.nanoTime() - Duration.ofSeconds(16).toNanos();
        assertThat(new Attempt(1, false, longAgo).isLast()).isTrue();
        assertThat(Attempt.first().isLast()).isFalse();
    }

    @Test
    void doubtRemains() {
        var doubtful = Attempt.first().next(true);
        assertThat(doubtful.doubtful()).isTrue();
        assertThat(doubtful.next().doubtful()).isTrue();
        assertThat(doubtful.next().begun()).isEqualTo(doubtful.begun());
        assertThat(Attempt.first().next().doubtful()).isFalse();
    }
}
