package org.pmsevents.cache.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.version.TagVersions;

@Pure
class SingleFlightTest {
    private static final CacheKey KEY = CacheKey.product("A");
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final TagVersions tagVersions = new TagVersions();
    private final SingleFlight singleFlight = new SingleFlight(tagVersions);
    private final List<CompletableFuture<SingleFlight.Loaded>> begun = new ArrayList<>();

    private static SingleFlight.Loaded value(String json) {
        return new SingleFlight.Loaded(new CacheEntry(1, json), SingleFlight.From.POSTGRESQL, new AsOf(0, 0));
    }

    private CompletableFuture<SingleFlight.Loaded> ask() {
        return singleFlight
                .join(KEY, load -> {
                    var work = new CompletableFuture<SingleFlight.Loaded>();
                    begun.add(work);
                    return Uni.createFrom().completionStage(work);
                })
                .subscribeAsCompletionStage();
    }

    @Test
    void whoAsksForTheSameAtTheSameTimeWaitsForTheSameLoad() {
        var readers = new ArrayList<CompletableFuture<SingleFlight.Loaded>>();
        for (int i = 0; i < 1_000; i++) {
            readers.add(ask());
        }
        assertThat(begun).hasSize(1);
        begun.get(0).complete(value("one"));
        assertThat(readers).allSatisfy(reader -> assertThat(reader.join()).isEqualTo(value("one")));
        assertThat(singleFlight.coalesced()).isEqualTo(999);
    }

    @Test
    void aLoadThatFailedIsFailedForThoseWhoWaitedAndForgotten() {
        var first = ask();
        var second = ask();
        begun.get(0).completeExceptionally(new IllegalStateException("away"));
        for (var reader : List.of(first, second)) {
            assertThatThrownBy(reader::join)
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("away");
        }
        var third = ask();
        assertThat(begun).hasSize(2);
        begun.get(1).complete(value("back"));
        assertThat(third.join()).isEqualTo(value("back"));
    }

    @Test
    void aLoadGoesOnForThoseWhoStayAndIsCancelledWhenAllHaveLeft() {
        var cancelled = new AtomicInteger();
        var work = new CompletableFuture<SingleFlight.Loaded>();
        var reader = singleFlight.join(
                KEY,
                load -> Uni.createFrom().completionStage(work).onCancellation().invoke(cancelled::incrementAndGet));
        var first = reader.subscribe().with(loaded -> {});
        var second = reader.subscribe().with(loaded -> {});
        first.cancel();
        assertThat(cancelled).hasValue(0);
        second.cancel();
        assertThat(cancelled).hasValue(1);
        var third = ask();
        begun.get(0).complete(value("one"));
        assertThat(third.join()).as("begins anew").isEqualTo(value("one"));
    }

    @Test
    void aLoadThatCanNotEvenBeginIsForgotten() {
        assertThatThrownBy(() -> singleFlight
                        .join(KEY, load -> {
                            throw new IllegalStateException("no");
                        })
                        .await()
                        .atMost(PATIENCE))
                .hasMessage("no");
        var next = ask();
        begun.get(0).complete(value("one"));
        assertThat(next.join()).isEqualTo(value("one"));
    }

    @Test
    void aFirstReaderWhoLeavesTakesNothingFromTheOthers() {
        var first = ask();
        var second = ask();
        first.cancel(true);
        var third = ask();
        assertThat(begun).hasSize(1);
        assertThat(begun.get(0)).isNotDone();
        begun.get(0).complete(value("one"));
        assertThat(second.join()).isEqualTo(value("one"));
        assertThat(third.join()).isEqualTo(value("one"));
    }

    @Test
    void nobodyJoinsALoadThatBeganBeforeAChangeThatIsKnown() {
        var before = ask();
        tagVersions.changed(KEY.tag(), 7);
        var after = ask();
        assertThat(begun).hasSize(2);
        begun.get(1).complete(value("new"));
        assertThat(after.join()).isEqualTo(value("new"));
        tagVersions.clear(KEY.tag());
        assertThat(ask()).isNotDone();
        assertThat(begun).hasSize(3);
        begun.get(0).complete(value("old"));
        assertThat(before.join()).isEqualTo(value("old"));
        assertThat(ask()).isNotDone();
        assertThat(begun).as("the load that is under way is still joined").hasSize(3);
    }
}
