package org.pmsevents.day;

import static java.util.stream.Collectors.toMap;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/** One replay of a day from opening to closing time, with everything that was answered, told, and found in the books afterwards. */
final class DayRun {
    private static final Duration SETTLED = Duration.ofSeconds(30);
    private static final int DROP_EVERY = 300;
    private static final int REPEAT_EVERY = 10;

    final DaySettings settings;
    final TradingDay day;
    final DayModel model;
    final List<URI> replicas;
    final DayService service;
    final DayReplay replay;
    final DayBooks books;
    final Listener steady;
    final Listener restless;
    private Duration opening = Duration.ZERO;
    private Duration trading = Duration.ZERO;

    private DayRun(DaySettings settings, TradingDay day, List<URI> replicas, String token) {
        this.settings = settings;
        this.day = day;
        this.replicas = replicas;
        model = new DayModel(day);
        service = new DayService(replicas, token);
        replay = new DayReplay(service, settings.prefix());
        books = new DayBooks(service, settings.prefix(), model.shelves().keySet());
        steady = Listener.steady(replicas.get(0), token, books.begin());
        restless = Listener.restless(replicas.get(replicas.size() - 1), token, books.begin(), DROP_EVERY);
    }

    static DayRun on(DaySettings settings, TradingDay day, List<URI> replicas, String token) {
        var run = new DayRun(settings, day, replicas, token);
        try (run.steady;
                run.restless) {
            run.replay();
        }
        return run;
    }

    private void replay() {
        settle("both listeners subscribed", () -> steady.isSubscribed() && restless.isSubscribed());
        opening = time(() -> replay.open(day.goods()));
        trading = time(() -> replay.trade(day.lines()));
        replay.repeat(everyTenth(day.lines()));
        settle("all events in the feed", () -> {
            books.readFeed();
            return books.events() >= model.events();
        });
        books.readShelves();
        books.readFeed();
        settle("both listeners told of them", () -> steady.isPast(books.end()) && restless.isPast(books.end()));
    }

    /** Where it does not come true, the comparison afterwards says what is missing. */
    private static void settle(String what, Callable<Boolean> condition) {
        try {
            await(what).atMost(SETTLED).until(condition);
        } catch (ConditionTimeoutException late) {
            System.out.println(late.getMessage());
        }
    }

    private static Duration time(Runnable work) {
        long begin = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - begin);
    }

    private static List<InvoiceLine> everyTenth(List<InvoiceLine> lines) {
        return IntStream.range(0, lines.size())
                .filter(place -> place % REPEAT_EVERY == 0)
                .mapToObj(lines::get)
                .toList();
    }

    /** How long it took to create, count and set the threshold of every product. */
    Duration opening() {
        return opening;
    }

    /** How long the lines took. */
    Duration trading() {
        return trading;
    }

    /** What the service has answered to each line. */
    Map<InvoiceLine, Outcome> outcomes() {
        return replay.answers().entrySet().stream()
                .collect(toMap(Map.Entry::getKey, each -> DayReplay.outcome(each.getValue())));
    }

    /** The lines that were sent again and not answered as they were at first. */
    List<InvoiceLine> answeredOtherwise() {
        return replay.repeated().entrySet().stream()
                .filter(each -> !each.getValue().isReplayOf(replay.answers().get(each.getKey())))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** What a listener was told up to the end of the day. */
    List<JsonNode> told(Listener listener) {
        return listener.told().stream()
                .filter(event -> DayBooks.position(event) <= books.end())
                .toList();
    }

    /** How often the restless listener must have come back at least; events that it is told in one batch cost it one connection. */
    int fewestDrops() {
        return model.events() / DROP_EVERY / 2;
    }
}
