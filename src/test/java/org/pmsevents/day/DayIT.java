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
import org.pmsevents.security.Tokens;

/**
 * A real trading day, replayed over HTTP by many at once on two replicas, ends as the file alone says it must: in the answers,
 * the ledger, the stock, the feed, and at whoever listened.
 *
 * <p>With {@code -Dday.services=http://…} it is replayed on a running service instead, see {@link DaySettings}.
 */
class DayIT {
    private static DayRun run;

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
        assertThat(run.outcomes()).containsExactlyInAnyOrderEntriesOf(run.model.outcomes());
    }

    @Test
    void everyAcceptedLineHasExactlyOneMovement() {
        var movements = run.books.ledger();
        assertThat(bySku(movements, all -> all.stream().map(Movement::of).toList()))
                .isEqualTo(bySku(run.model.shelves(), Shelf::movements));
        assertThat(ids(movements.values().stream().flatMap(List::stream).toList(), "", "/eventId"))
                .containsAllEntriesOf(acknowledged());
    }

    @Test
    void everyShelfHoldsItsOpeningAndItsMovements() {
        assertThat(run.books.stock()).hasSameSizeAs(run.model.shelves());
        run.books.stock().forEach((sku, stock) -> {
            var shelf = run.model.shelves().get(sku);
            assertThat(stock.get("onHand").intValue()).as(sku).isEqualTo(shelf.onHand());
            assertThat(stock.get("version").intValue()).as(sku).isEqualTo(shelf.version());
            assertThat(stock.get("threshold").intValue()).as(sku).isEqualTo(Shelf.THRESHOLD);
        });
    }

    @Test
    void theFeedTellsEachSkusStoryWithAnAlertWheneverItFallsToItsThreshold() {
        assertThat(run.books.stories()).isEqualTo(bySku(run.model.shelves(), Shelf::story));
        var updates = run.books.feed().stream()
                .filter(event -> event.get("type").asText().equals("inventory.updated"))
                .toList();
        assertThat(ids(updates, "/payload", "/metadata/id")).containsAllEntriesOf(acknowledged());
    }

    @Test
    void whoeverListensIsToldEveryEventOnceAndInOrder() {
        assertThat(run.told(run.steady)).containsExactlyElementsOf(run.books.feed());
        assertThat(run.told(run.restless)).containsExactlyElementsOf(run.books.feed());
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
