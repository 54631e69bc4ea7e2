package org.pmsevents.http.idempotency;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.buffer.Buffer;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.problem.AppException;

/** The steps of executing a change once, against a store that fails when it is told to. */
@Pure
class ExactlyOnceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String CONSTRAINT = "answer_pkey";

    private final FakeStore store = new FakeStore();
    private final ExactlyOnce<Key> exactlyOnce = new ExactlyOnce<>(store);
    private final List<String> executed = new ArrayList<>();
    private final Key key = new Key("key", Buffer.buffer("request"), new AtomicInteger());

    private record Key(String scope, Buffer fingerprint, AtomicInteger replays) implements ExactlyOnce.Key {
        @Override
        public void markReplayed() {
            replays.incrementAndGet();
        }

        @Override
        public AppException reused() {
            return AppException.unprocessable("reused", "Another request.");
        }

        @Override
        public AppException busy() {
            return AppException.conflict("busy", "In flight.");
        }

        @Override
        public AppException outcomeUnknown(OutcomeUnknownException cause) {
            return AppException.unavailable("unknown", "The connection broke.", 1);
        }
    }

    /** Holds what is committed; fails as often as there are failures waiting. */
    private static final class FakeStore implements ExactlyOnce.Store<Key> {
        private final Map<String, StoredAnswer> stored = new HashMap<>();
        private final Queue<Throwable> failures = new ArrayDeque<>();
        private int lookUps;

        @Override
        public Uni<Optional<StoredAnswer>> find(Key key) {
            lookUps++;
            var failure = failures.poll();
            return failure == null
                    ? Uni.createFrom().item(Optional.ofNullable(stored.get(key.scope())))
                    : Uni.createFrom().failure(failure);
        }

        void commit(Key key, boolean refused, String answer) {
            stored.put(key.scope(), new StoredAnswer(key.fingerprint(), refused, answer, "earlier-trace"));
        }
    }

    private String execute(Key by, Supplier<Uni<String>> change) {
        return exactlyOnce
                .execute(by, stored -> "replay of " + stored.answer(), () -> {
                    executed.add(by.scope());
                    return change.get();
                })
                .await()
                .atMost(PATIENCE);
    }

    private Uni<String> committed(String answer) {
        store.commit(key, false, answer);
        return Uni.createFrom().item(answer);
    }

    private static <T> Uni<T> failure(Throwable failure) {
        return Uni.createFrom().failure(failure);
    }

    private static Throwable keyTaken() {
        return KeyTakenException.translated(violation(CONSTRAINT), CONSTRAINT);
    }

    private static PgException violation(String constraint) {
        String none = null;
        return new PgException(
                "duplicate key",
                "ERROR",
                "23505",
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                constraint);
    }

    private void isRefused(String code, Supplier<Uni<String>> change) {
        assertThatThrownBy(() -> execute(key, change))
                .isInstanceOfSatisfying(
                        AppException.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code));
    }

    @Test
    void theFirstRequestIsExecutedAndTheNextGetsItsAnswer() {
        assertThat(execute(key, () -> committed("first"))).isEqualTo("first");
        assertThat(key.replays()).hasValue(0);
        assertThat(execute(key, () -> committed("second"))).isEqualTo("replay of first");
        assertThat(key.replays()).hasValue(1);
        assertThat(executed).hasSize(1);
    }

    @Test
    void anotherRequestUnderTheSameKeyIsRefused() {
        store.commit(new Key("key", Buffer.buffer("another"), new AtomicInteger()), false, "first");
        isRefused("reused", () -> committed("second"));
        assertThat(executed).isEmpty();
        assertThat(key.replays()).hasValue(0);
    }

    @Test
    void aStoredRefusalIsThrownAgainUnderItsTrace() {
        store.commit(key, true, Refusals.write(AppException.notFound("not-there", "It is not there.")));
        assertThatThrownBy(() -> execute(key, () -> committed("second")))
                .isInstanceOfSatisfying(AppException.class, refusal -> {
                    assertThat(refusal.status()).isEqualTo(404);
                    assertThat(refusal.code()).isEqualTo("not-there");
                    assertThat(refusal.traceId()).isEqualTo("earlier-trace");
                });
        assertThat(executed).isEmpty();
    }

    @Test
    void nothingIsExecutedWhereTheStoreCantBeAsked() {
        store.failures.add(new IOException("refused"));
        assertThatThrownBy(() -> execute(key, () -> committed("first"))).hasRootCauseInstanceOf(IOException.class);
        assertThat(executed).isEmpty();
    }

    @Test
    void aChangeWhoseKeyIsTakenGetsTheAnswerOfTheOther() {
        var answer = execute(key, () -> {
            store.commit(key, false, "other");
            return failure(keyTaken());
        });
        assertThat(answer).isEqualTo("replay of other");
        assertThat(executed).hasSize(1);
    }

    @Test
    void aChangeWhoseKeyIsTakenByAnswersThatAreGoneIsBusy() {
        isRefused("busy", () -> failure(keyTaken()));
        assertThat(executed).hasSize(1);
    }

    @Test
    void onlyTheConstraintOfTheKeyMeansThatItIsTaken() {
        var other = violation("stock_movement_pkey");
        assertThat(KeyTakenException.translated(other, CONSTRAINT)).isSameAs(other);
        assertThat(keyTaken()).isInstanceOf(KeyTakenException.class);
    }

    @Test
    void anUnknownOutcomeIsLookedUpUntilTheStoreAnswers() {
        var answer = execute(key, () -> {
            store.commit(key, false, "own");
            store.failures.addAll(List.of(new IOException("once"), new IOException("twice")));
            return failure(new OutcomeUnknownException(new IOException("lost")));
        });
        assertThat(answer).isEqualTo("replay of own");
        assertThat(store.lookUps).as("one before the change").isEqualTo(1 + 3);
        assertThat(executed).hasSize(1);
    }

    @Test
    void anUnknownOutcomeOfWhichNothingIsStoredStaysUnknown() {
        isRefused("unknown", () -> failure(new OutcomeUnknownException(new IOException("lost"))));
        assertThat(executed).as("what may still be committed is not repeated").hasSize(1);
    }

    @Test
    void anUnknownOutcomeThatCantBeLookedUpStaysUnknown() {
        var last = new IllegalStateException("the last one");
        var lookedUp = ExactlyOnce.lookUp(() -> failure(last)).subscribeAsCompletionStage();
        isRefused("unknown", () -> {
            for (int i = 0; i < 5; i++) {
                store.failures.add(new IOException("unavailable " + i));
            }
            return failure(new OutcomeUnknownException(new IOException("lost")));
        });
        assertThat(store.failures).as("it was looked up five times").isEmpty();
        assertThat(executed).hasSize(1);
        assertThat(lookedUp)
                .as("a look-up alone fails as it did the last time")
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .havingCause()
                .isSameAs(last);
    }

    @Test
    void anyOtherFailureIsNotLookedUp() {
        isRefused("not-there", () -> failure(AppException.notFound("not-there", "It is not there.")));
        assertThat(store.lookUps).as("one before the change").isEqualTo(1);
    }

    @Test
    void aKeyIsBusyWhileItIsInFlightEvenIfItsCallerHasLeft() {
        var work = new AtomicReference<UniEmitter<? super String>>();
        var caller = exactlyOnce
                .exclusively(key, () -> Uni.createFrom().<String>emitter(work::set))
                .subscribe()
                .with(done -> {});
        caller.cancel();
        assertThatThrownBy(() -> exclusively(key))
                .isInstanceOfSatisfying(
                        AppException.class, busy -> assertThat(busy.code()).isEqualTo("busy"));
        assertThat(exclusively(new Key("another", key.fingerprint(), new AtomicInteger())))
                .isEqualTo("done");
        work.get().fail(new IOException("failed"));
        assertThat(exclusively(key)).isEqualTo("done");
    }

    private String exclusively(Key by) {
        return exactlyOnce
                .exclusively(by, () -> Uni.createFrom().item("done"))
                .await()
                .atMost(PATIENCE);
    }
}
