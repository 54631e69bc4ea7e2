package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.platform.problem.AppException;

class TurnsTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Vertx vertx = Vertx.vertx();
    private final List<String> begun = new ArrayList<>();
    private final List<CompletableFuture<String>> callers = new ArrayList<>();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** For those whose answers nobody reads. */
    private void start(Turns turns, String name, CompletableFuture<String> work) {
        callers.add(begin(turns, name, work));
    }

    private CompletableFuture<String> begin(Turns turns, String name, CompletableFuture<String> work) {
        return turns.take(() -> {
                    begun.add(name);
                    return Uni.createFrom().completionStage(work);
                })
                .subscribeAsCompletionStage();
    }

    private static void isTooBusy(CompletableFuture<String> caller) {
        assertThatThrownBy(caller::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(AppException.class, refusal -> {
                    assertThat(refusal.status()).isEqualTo(503);
                    assertThat(refusal.code()).isEqualTo("too-busy");
                    assertThat(refusal.headers()).containsKey("Retry-After");
                });
    }

    @Test
    void soManyGoOnAtOnceAndTheOthersFollowInTheirOrder() {
        var turns = new Turns(2, 10, LONG, vertx);
        var first = new CompletableFuture<String>();
        var second = new CompletableFuture<String>();
        var never = new CompletableFuture<String>();
        start(turns, "1", first);
        var failed = begin(turns, "2", second);
        start(turns, "3", never);
        start(turns, "4", never);
        assertThat(begun).containsExactly("1", "2");
        second.completeExceptionally(new IllegalStateException("one that fails makes room as well"));
        assertThat(failed).isCompletedExceptionally();
        assertThat(begun).containsExactly("1", "2", "3");
        first.complete("done");
        assertThat(begun).containsExactly("1", "2", "3", "4");
    }

    @Test
    void moreThanMayWaitAreRefused() {
        var turns = new Turns(1, 1, LONG, vertx);
        var work = new CompletableFuture<String>();
        var first = begin(turns, "1", work);
        var second = begin(turns, "2", CompletableFuture.completedFuture("second"));
        isTooBusy(begin(turns, "3", work));
        work.complete("first");
        assertThat(first.join()).isEqualTo("first");
        assertThat(second.join()).isEqualTo("second");
        assertThat(begin(turns, "4", work).join()).isEqualTo("first");
    }

    @Test
    void whoWaitsForTooLongIsRefusedAndTakesNobodysTurn() {
        var turns = new Turns(1, 5, Duration.ofMillis(20), vertx);
        var work = new CompletableFuture<String>();
        start(turns, "1", work);
        var late = begin(turns, "2", work);
        await().until(late::isDone);
        isTooBusy(late);
        work.complete("done");
        assertThat(begin(turns, "3", work).join()).isEqualTo("done");
        assertThat(begun).containsExactly("1", "3");
    }

    @Test
    void whoDoesNotWaitAnyMoreIsDoneAllTheSame() {
        var turns = new Turns(1, 5, LONG, vertx);
        var work = new CompletableFuture<String>();
        begin(turns, "1", work).cancel(true);
        start(turns, "2", work);
        assertThat(begun).as("the first is still at it").containsExactly("1");
        work.complete("done");
        assertThat(begun).containsExactly("1", "2");
    }
}
