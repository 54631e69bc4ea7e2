package org.pmsevents.day;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.pmsevents.http.security.Tokens;

/**
 * A trading day, or its beginning, whose replicas are replaced one after the other while it is replayed over one address, and what
 * must come of that: as if nothing had been replaced.
 */
final class RolledDay {
    private static final Duration SETTLED = Duration.ofSeconds(30);
    private static final Duration GRACE_PERIOD = Duration.ofSeconds(30);
    private static final int SLICE = 64;
    private static final long SLICE_MILLIS = 1_000;

    private final TradingDay day;
    private final DayModel model;

    RolledDay(TradingDay day) {
        this.day = day;
        this.model = new DayModel(day);
    }

    void replayAndCheck() throws Exception {
        try (var roll = new Roll()) {
            var address = roll.balancer().address();
            var token = Tokens.of("till", "editor", "stock");
            var service = new DayService(List.of(address), token);
            var replay = new DayReplay(service, "");
            var books = new DayBooks(service, "", model.shelves().keySet());
            try (var first = Listener.steady(address, token, books.begin());
                    var second = Listener.steady(address, token, books.begin());
                    var third = Listener.steady(address, token, books.begin());
                    var stream = new StreamListener(address, token, books.begin())) {
                var listeners = List.of(first, second, third);
                await("all listen")
                        .atMost(SETTLED)
                        .until(() -> stream.isSubscribed() && listeners.stream().allMatch(Listener::isSubscribed));
                replay.open(day.goods());
                var rolling = roll.begin();
                trade(replay, rolling);
                rolling.join();
                books.readShelves();
                await("all events in the feed").atMost(SETTLED).until(() -> {
                    books.readFeed();
                    return books.events() >= model.events();
                });
                await("all are told of them")
                        .atMost(SETTLED)
                        .until(() -> stream.isPast(books.end())
                                && listeners.stream().allMatch(listener -> listener.isPast(books.end())));

                report(roll, service, listeners, stream, books);
                assertEndedInTime(roll);
                assertThat(service.askedAgain()).as("failed requests").isEmpty();
                assertAsTheFileSays(replay, books);
                assertThat(listeners).allSatisfy(listener -> {
                    assertThat(Differences.between(books.feed(), upTo(books.end(), listener.told())))
                            .isEmpty();
                    assertThat(listener.resumed()).isPositive();
                });
                assertThat(Differences.between(books.feed(), upTo(books.end(), stream.told())))
                        .isEmpty();
                assertThat(stream.ended()).as("streams that were ended").isPositive();
                assertThat(stream.cut()).as("streams that were cut off").isZero();
            }
        }
    }

    /** Slice by slice, until the day is over and everything replaced; what is left of the time is filled with repetitions. */
    private void trade(DayReplay replay, CompletableFuture<Void> rolling) {
        var lines = day.lines();
        int next = 0;
        while (next < lines.size() || !rolling.isDone()) {
            var tick = CompletableFuture.runAsync(
                    () -> {}, CompletableFuture.delayedExecutor(SLICE_MILLIS, TimeUnit.MILLISECONDS));
            if (next < lines.size()) {
                int end = Math.min(lines.size(), next + SLICE);
                replay.trade(lines.subList(next, end));
                next = end;
            } else {
                replay.repeat(lines.subList(Math.max(0, lines.size() - SLICE), lines.size()));
            }
            tick.join();
        }
        replay.repeat(lines.subList(0, Math.min(lines.size(), SLICE)));
        assertThat(replay.repeated())
                .allSatisfy((line, answer) -> assertThat(
                                answer.isReplayOf(replay.answers().get(line)))
                        .isTrue());
    }

    private static void assertEndedInTime(Roll roll) {
        assertThat(roll.ended()).hasSize(3).allSatisfy(ended -> {
            assertThat(ended.exitCode()).isIn(0, 143);
            assertThat(ended.took()).isLessThan(GRACE_PERIOD);
        });
    }

    private void assertAsTheFileSays(DayReplay replay, DayBooks books) {
        Map<InvoiceLine, Outcome> outcomes = replay.answers().entrySet().stream()
                .collect(toMap(Map.Entry::getKey, each -> DayReplay.outcome(each.getValue())));
        assertThat(Differences.between(model.outcomes(), outcomes)).isEmpty();
        Map<String, List<String>> stories = new HashMap<>();
        Map<String, List<Movement>> movements = new HashMap<>();
        model.shelves().forEach((sku, shelf) -> {
            stories.put(sku, shelf.story());
            movements.put(sku, shelf.movements());
        });
        assertThat(Differences.between(stories, books.stories())).isEmpty();
        Map<String, List<Movement>> ledger = new HashMap<>();
        books.ledger()
                .forEach((sku, found) ->
                        ledger.put(sku, found.stream().map(Movement::of).toList()));
        assertThat(Differences.between(movements, ledger)).isEmpty();
    }

    private static List<JsonNode> upTo(long position, List<JsonNode> told) {
        return told.stream()
                .filter(event -> DayBooks.position(event) <= position)
                .toList();
    }

    private void report(
            Roll roll, DayService service, List<Listener> listeners, StreamListener stream, DayBooks books) {
        System.out.printf(
                "3 of 3 replicas replaced under %,d lines: %d failed requests, %,d events, WebSockets resumed %s times,"
                        + " streams ended %d times and cut off %d times; ended with %s%n",
                day.lines().size(),
                service.askedAgain().size(),
                books.events(),
                listeners.stream().map(Listener::resumed).toList(),
                stream.ended(),
                stream.cut(),
                roll.ended());
    }
}
