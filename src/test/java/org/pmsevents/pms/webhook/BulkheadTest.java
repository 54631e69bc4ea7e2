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
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.AppException;

@Pure
class BulkheadTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Vertx vertx = Vertx.vertx();
    private final List<String> begun = new ArrayList<>();
    private final List<CompletableFuture<String>> callers = new ArrayList<>();

    @AfterEach
    void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    /** For those whose answers nobody reads. */
    private void start(Bulkhead bulkhead, String name, CompletableFuture<String> work) {
        callers.add(begin(bulkhead, name, work));
    }

    private CompletableFuture<String> begin(Bulkhead bulkhead, String name, CompletableFuture<String> work) {
        return bulkhead.take(() -> {
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
        var bulkhead = new Bulkhead(2, 10, LONG, vertx);
        var first = new CompletableFuture<String>();
        var second = new CompletableFuture<String>();
        var never = new CompletableFuture<String>();
        start(bulkhead, "1", first);
        var failed = begin(bulkhead, "2", second);
        start(bulkhead, "3", never);
        start(bulkhead, "4", never);
        assertThat(begun).containsExactly("1", "2");
        second.completeExceptionally(new IllegalStateException("one that fails makes room as well"));
        assertThat(failed).isCompletedExceptionally();
        assertThat(begun).containsExactly("1", "2", "3");
        first.complete("done");
        assertThat(begun).containsExactly("1", "2", "3", "4");
    }

    @Test
    void moreThanMayWaitAreRefused() {
        var bulkhead = new Bulkhead(1, 1, LONG, vertx);
        var work = new CompletableFuture<String>();
        var first = begin(bulkhead, "1", work);
        var second = begin(bulkhead, "2", CompletableFuture.completedFuture("second"));
        isTooBusy(begin(bulkhead, "3", work));
        work.complete("first");
        assertThat(first.join()).isEqualTo("first");
        assertThat(second.join()).isEqualTo("second");
        assertThat(begin(bulkhead, "4", work).join()).isEqualTo("first");
    }

    @Test
    void whoWaitsForTooLongIsRefusedAndTakesNobodysTurn() {
        var bulkhead = new Bulkhead(1, 5, Duration.ofMillis(20), vertx);
        var work = new CompletableFuture<String>();
        start(bulkhead, "1", work);
        var late = begin(bulkhead, "2", work);
        await().until(late::isDone);
        isTooBusy(late);
        work.complete("done");
        assertThat(begin(bulkhead, "3", work).join()).isEqualTo("done");
        assertThat(begun).containsExactly("1", "3");
    }

    @Test
    void whoDoesNotWaitAnyMoreIsDoneAllTheSame() {
        var bulkhead = new Bulkhead(1, 5, LONG, vertx);
        var work = new CompletableFuture<String>();
        begin(bulkhead, "1", work).cancel(true);
        start(bulkhead, "2", work);
        assertThat(begun).as("the first is still at it").containsExactly("1");
        work.complete("done");
        assertThat(begun).containsExactly("1", "2");
    }
}
