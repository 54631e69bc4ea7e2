package org.pmsevents.day;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.http.security.Tokens;

/**
 * A real trading day, replayed over HTTP by many at once on two replicas, ends as the file alone says it must: in the answers,
 * the ledger, the stock, the feed, and at whoever listened.
 *
 * <p>With {@code -Dday.services=http://…} it is replayed on a running service instead, see {@link DaySettings}.
 */
class DayIT {
    private static DayRun run;

    /** What a shelf holds at closing time. */
    private record Level(int onHand, int version, int threshold) {
        static Level of(Shelf shelf) {
            return new Level(shelf.onHand(), shelf.version(), Shelf.THRESHOLD);
        }

        static Level of(JsonNode stock) {
            return new Level(
                    stock.path("onHand").asInt(-1),
                    stock.path("version").asInt(-1),
                    stock.path("threshold").asInt(-1));
        }
    }

    @BeforeAll
    static void replayTheDay() throws Exception {
        var settings = DaySettings.ofProperties();
        if (settings.services().isEmpty()) {
            try (var cluster = new Cluster(Map.of())) {
                var replicas =
                        List.of(cluster.start(0).address(), cluster.start(0).address());
                run = DayRun.on(settings, settings.day(), replicas, Tokens.of("till", "editor", "stock"));
            }
        } else {
            run = DayRun.on(settings, settings.day(), settings.services(), settings.token());
        }
        System.out.println(DayReport.of(run));
    }

    @Test
    void everyLineIsAnsweredAsTheFileSaysItMust() {
        assertThat(Differences.between(run.model.outcomes(), run.outcomes())).isEmpty();
    }

    @Test
    void everyAcceptedLineHasExactlyOneMovement() {
        var ledger = run.books.ledger();
        assertThat(Differences.between(
                        bySku(run.model.shelves(), Shelf::movements),
                        bySku(ledger, all -> all.stream().map(Movement::of).toList())))
                .isEmpty();
        var lines = ledger.values().stream()
                .flatMap(List::stream)
                .filter(DayIT::isOfALine)
                .toList();
        assertThat(Differences.between(acknowledged(), ids(lines, "", "/eventId")))
                .isEmpty();
    }

    @Test
    void everyShelfHoldsItsOpeningAndItsMovements() {
        assertThat(Differences.between(bySku(run.model.shelves(), Level::of), bySku(run.books.stock(), Level::of)))
                .isEmpty();
    }

    @Test
    void theFeedTellsEachSkusStoryWithAnAlertWheneverItFallsToItsThreshold() {
        assertThat(Differences.between(bySku(run.model.shelves(), Shelf::story), run.books.stories()))
                .isEmpty();
    }

    @Test
    void everyAnswerNamesItsEvent() {
        var updates = run.books.updates().stream()
                .filter(event -> isOfALine(event.required("payload")))
                .toList();
        assertThat(Differences.between(acknowledged(), ids(updates, "/payload", "/metadata/id")))
                .isEmpty();
    }

    @Test
    void whoeverListensIsToldEveryEventOnceAndInOrder() {
        assertThat(Differences.between(run.books.feed(), run.told(run.steady))).isEmpty();
        assertThat(Differences.between(run.books.feed(), run.told(run.restless)))
                .isEmpty();
        assertThat(run.restless.resumed()).isGreaterThanOrEqualTo(run.fewestDrops());
    }

    @Test
    void aKeySentAgainIsAnsweredAsBefore() {
        assertThat(run.replay.repeated()).isNotEmpty();
        assertThat(run.answeredOtherwise()).isEmpty();
    }

    private static <A, B> Map<String, B> bySku(Map<String, A> all, Function<A, B> what) {
        return all.entrySet().stream().collect(toMap(Map.Entry::getKey, each -> what.apply(each.getValue())));
    }

    private static boolean isOfALine(JsonNode movement) {
        return !movement.path("reason").asText().equals(Shelf.OPENING_REASON);
    }

    /** What was answered to accepted lines: by reference the ids of the movement and the event. */
    private static Map<String, String> acknowledged() {
        Map<String, String> ids = new HashMap<>();
        run.replay.answers().forEach((line, answer) -> {
            if (answer.status() == 200) {
                ids.put(line.reference(), ids(answer.body(), "", "/eventId"));
            }
        });
        return ids;
    }

    /** The same of movements or events; a reference that comes twice has more ids than were ever answered. */
    private static Map<String, String> ids(Collection<JsonNode> found, String movement, String event) {
        Map<String, String> ids = new HashMap<>();
        for (var each : found) {
            ids.merge(each.at(movement + "/reference").asText(), ids(each, movement, event), String::concat);
        }
        return ids;
    }

    private static String ids(JsonNode found, String movement, String event) {
        return found.at(movement + "/movementId").asText() + " "
                + found.at(event).asText();
    }
}
