package org.pmsevents.day;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.security.Tokens;

/**
 * A real trading day, replayed over HTTP by many at once on two replicas, ends as the file alone says it must: in the answers,
 * the ledger, the stock, the feed, and at whoever listened.
 *
 * <p>With {@code -Dday.services=http://…} it is replayed on a running service instead, see {@link DaySettings}.
 */
class DayIT {
    private static final Duration SETTLED = Duration.ofSeconds(30);
    private static final int DROP_EVERY = 300;
    private static final int REPEAT_EVERY = 10;

    private static DaySettings settings;
    private static TradingDay day;
    private static DayModel model;
    private static DayReplay replay;
    private static DayBooks books;
    private static List<Listener> listeners;
    private static Duration opened;
    private static Duration traded;

    @BeforeAll
    static void replayTheDay() throws Exception {
        settings = DaySettings.ofProperties();
        day = settings.day();
        model = new DayModel(day);
        if (!settings.services().isEmpty()) {
            replayOn(settings.services(), settings.token());
            return;
        }
        try (var cluster = new Cluster(Map.of())) {
            replayOn(
                    List.of(cluster.start(0).address(), cluster.start(0).address()),
                    Tokens.of("till", "editor", "stock"));
        }
    }

    private static void replayOn(List<URI> replicas, String token) {
        var service = new DayService(replicas, token);
        replay = new DayReplay(service, settings.prefix());
        books = new DayBooks(service, settings.prefix());
        listeners = List.of(
                Listener.steady(replicas.get(0), token, books.begin()),
                Listener.restless(replicas.get(replicas.size() - 1), token, books.begin(), DROP_EVERY));
        try {
            settle(() -> listeners.stream().allMatch(Listener::isSubscribed));
            opened = time(() -> replay.open(day.goods()));
            traded = time(() -> replay.trade(day.lines()));
            replay.repeat(everyTenth(day.lines()));
            settle(() -> {
                books.readFeed();
                return books.events() >= model.events();
            });
            books.readShelves(model.shelves().keySet());
            settle(() -> listeners.stream().allMatch(listener -> listener.isPast(end())));
        } finally {
            listeners.forEach(Listener::close);
        }
        System.out.println(report(replicas, service.askedAgain()));
    }

    /** Where it never comes true, the comparison afterwards says what is missing. */
    private static void settle(Callable<Boolean> condition) {
        try {
            await().atMost(SETTLED).until(condition);
        } catch (ConditionTimeoutException tooLate) {
            System.out.println("not settled after " + SETTLED);
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

    /** The position of the last event that was found in the feed. */
    private static long end() {
        var feed = books.feed();
        return feed.isEmpty() ? books.begin() : position(feed.get(feed.size() - 1));
    }

    private static long position(JsonNode event) {
        return event.at("/metadata/position").longValue();
    }

    @Test
    void everyLineIsAnsweredAsTheFileSaysItMust() {
        assertThat(outcomes()).containsExactlyInAnyOrderEntriesOf(model.outcomes());
    }

    @Test
    void everyAcceptedLineHasExactlyOneMovement() {
        assertThat(bySku(books.ledger(), Movement::of)).isEqualTo(ofShelves(Shelf::movements));
        assertThat(ids(books.ledger().values().stream().flatMap(List::stream).toList(), "/eventId", ""))
                .containsAllEntriesOf(acknowledged());
    }

    @Test
    void everyShelfHoldsItsOpeningAndItsMovements() {
        assertThat(books.stock()).hasSameSizeAs(model.shelves());
        books.stock().forEach((sku, stock) -> {
            var shelf = model.shelves().get(sku);
            assertThat(stock.get("onHand").intValue()).as(sku).isEqualTo(shelf.onHand());
            assertThat(stock.get("version").intValue()).as(sku).isEqualTo(shelf.version());
            assertThat(stock.get("threshold").intValue()).as(sku).isEqualTo(Shelf.THRESHOLD);
        });
    }

    @Test
    void theFeedTellsEachSkusStoryWithAnAlertWheneverItFallsToItsThreshold() {
        assertThat(books.stories()).isEqualTo(ofShelves(Shelf::story));
        var updates = books.feed().stream()
                .filter(event -> event.get("type").asText().equals("inventory.updated"))
                .toList();
        assertThat(ids(updates, "/metadata/id", "/payload")).containsAllEntriesOf(acknowledged());
    }

    @Test
    void whoListensIsToldEveryEventOnceAndInOrder() {
        for (var listener : listeners) {
            assertThat(told(listener)).containsExactlyElementsOf(books.feed());
        }
        assertThat(listeners.get(1).resumed()).isGreaterThanOrEqualTo(model.events() / DROP_EVERY / 2);
    }

    @Test
    void aKeySentAgainIsAnsweredAsBefore() {
        assertThat(replay.repeated()).hasSize(everyTenth(day.lines()).size());
        replay.repeated().forEach((line, answer) -> {
            assertThat(answer.replayed()).as(line.toString()).isTrue();
            assertThat(answer.status()).isEqualTo(replay.answers().get(line).status());
            assertThat(answer.body()).isEqualTo(replay.answers().get(line).body());
        });
    }

    private static String report(List<URI> replicas, int askedAgain) {
        var report = new DayReport(settings.name() + " on " + replicas.size() + " replicas, " + DayReplay.IN_FLIGHT
                + " requests in flight, each SKU's lines in order");
        report.row("lines read", day.read());
        for (var why : Refusal.values()) {
            report.row("  not sent: " + why.code(), day.refused(why).size());
        }
        var refused = count(outcome -> outcome.code().equals(Shelf.INSUFFICIENT));
        report.row("lines sent", day.lines().size(), replay.answers().size())
                .row("  accepted", model.accepted(), count(Outcome::isAccepted))
                .row("  refused: " + Shelf.INSUFFICIENT, model.refused(), refused)
                .row("products", model.shelves().size(), books.stock().size())
                .row("movements: opening counts and lines", model.movements(), books.movements())
                .row("shelves that hold what they should", model.shelves().size(), rightShelves())
                .row("low-stock alerts", model.alerts(), books.alerts())
                .row("events in the feed", model.events(), books.events())
                .row(
                        "  told to the listener that stays",
                        books.feed().size(),
                        told(listeners.get(0)).size())
                .row(
                        "  told to the listener that drops",
                        books.feed().size(),
                        told(listeners.get(1)).size())
                .row("    after so many lost connections", listeners.get(1).resumed())
                .row(
                        "keys sent again, and answered as before",
                        replay.repeated().size(),
                        answeredAsBefore())
                .row("requests without an answer, asked again", askedAgain)
                .row("products, counts and thresholds", 3 * day.goods().size(), opened)
                .row("lines", day.lines().size(), traded);
        return report.toString();
    }

    private static int count(Predicate<Outcome> which) {
        return (int) outcomes().values().stream().filter(which).count();
    }

    private static int rightShelves() {
        return (int) model.shelves().entrySet().stream()
                .filter(each -> books.stock().get(each.getKey()).path("onHand").intValue()
                        == each.getValue().onHand())
                .count();
    }

    private static int answeredAsBefore() {
        return (int) replay.repeated().entrySet().stream()
                .filter(each -> each.getValue().replayed()
                        && each.getValue()
                                .body()
                                .equals(replay.answers().get(each.getKey()).body()))
                .count();
    }

    private static <A, B> Map<String, List<B>> bySku(Map<String, List<A>> all, Function<A, B> each) {
        return all.entrySet().stream()
                .collect(toMap(
                        Map.Entry::getKey,
                        one -> one.getValue().stream().map(each).toList()));
    }

    private static <A> Map<String, A> ofShelves(Function<Shelf, A> what) {
        return model.shelves().entrySet().stream().collect(toMap(Map.Entry::getKey, one -> what.apply(one.getValue())));
    }

    private static Map<InvoiceLine, Outcome> outcomes() {
        return replay.answers().entrySet().stream()
                .collect(toMap(Map.Entry::getKey, each -> DayReplay.outcome(each.getValue())));
    }

    /** What was said of accepted lines: by reference the ids of the movement and of the event. */
    private static Map<String, String> acknowledged() {
        Map<String, String> ids = new HashMap<>();
        replay.answers().forEach((line, answer) -> {
            if (answer.status() == 200) {
                ids.put(line.reference(), ids(answer.body(), "/eventId", ""));
            }
        });
        return ids;
    }

    private static Map<String, String> ids(Collection<JsonNode> found, String eventId, String movement) {
        Map<String, String> ids = new HashMap<>();
        for (var each : found) {
            ids.merge(
                    each.at(movement + "/reference").asText(),
                    ids(each, eventId, movement),
                    (one, other) -> one + other);
        }
        return ids;
    }

    private static String ids(JsonNode found, String eventId, String movement) {
        return found.at(movement + "/movementId").asText() + " "
                + found.at(eventId).asText();
    }

    private static List<JsonNode> told(Listener listener) {
        long end = end();
        return listener.told().stream().filter(event -> position(event) <= end).toList();
    }
}
