package org.pmsevents.day;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.webhook.Signatures;

/**
 * A real trading day on two replicas, while a PMS counts the shelves and sends what it has counted late, out of order, and some of it
 * twice: in the end every shelf holds what is really there.
 */
class CountedDayIT {
    private static final int BELIEVED = 20_000;
    private static final int MOST_WRONG = 40;
    private static final int MOST_LOST = 3;
    private static final String UNKNOWN = "POST";

    private static Cluster cluster;
    private static TradingDay day;
    private static DayReplay replay;
    private static DayBooks books;
    private static Stocktaking pms;
    private static final AtomicInteger refused = new AtomicInteger();

    /** What happens at a shelf: a line of an invoice; or a count, before which something may have been lost. */
    private record Step(String sku, InvoiceLine line, int lost) {}

    @BeforeAll
    static void trade() throws Exception {
        cluster = new Cluster(Map.of("PMS_EVENTS_WEBHOOK_SECRETS", Signatures.SECRET));
        var replicas = List.of(cluster.start(0).address(), cluster.start(0).address());
        day = DaySettings.standard().day();
        var service = new DayService(replicas, Tokens.of("till", "editor", "stock"));
        replay = new DayReplay(service, "");
        pms = new Stocktaking(service);
        books = new DayBooks(
                service, "", new HashSet<>(day.goods().stream().map(Goods::sku).toList()));
        long begun = System.nanoTime();
        replay.create(day.goods());
        open();
        InFlight.each(steps(), DayReplay.IN_FLIGHT, Step::sku, CountedDayIT::take);
        pms.close(UNKNOWN);
        await("all events in the feed").atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            books.readFeed();
            assertThat(synced()).hasSize(pms.webhooks());
        });
        books.readShelves();
        books.readFeed();
        System.out.printf(
                "a day with %d sales and %d counts in %d webhooks (%d deliveries): %d applied, %d unchanged, %d stale, %d rejected;"
                        + " %d sales refused; %d s%n",
                day.lines().size() - refused.get(),
                pms.lines(),
                pms.webhooks(),
                pms.deliveries(),
                pms.total("applied"),
                pms.total("unchanged"),
                pms.total("stale"),
                pms.total("rejected"),
                refused.get(),
                Duration.ofNanos(System.nanoTime() - begun).toSeconds());
    }

    @AfterAll
    static void stop() throws Exception {
        pms.close();
        cluster.close();
    }

    /** With what everybody believes, which is a little wrong. */
    private static void open() {
        var wrong = new Random(1);
        pms.send(day.goods().stream()
                .map(goods -> pms.open(goods.sku(), BELIEVED, BELIEVED + wrong.nextInt(-MOST_WRONG, MOST_WRONG + 1)))
                .toList());
        pms.awaitAnswers();
    }

    /** Every shelf is counted now and then, and at last beside its last line; nothing is lost after that. */
    private static List<Step> steps() {
        var chance = new Random(3);
        Map<String, InvoiceLine> last = new HashMap<>();
        day.lines().forEach(line -> last.put(line.sku(), line));
        var steps = new ArrayList<Step>();
        for (var line : day.lines()) {
            boolean isLast = last.get(line.sku()).equals(line);
            var count = new Step(line.sku(), null, chance.nextInt(MOST_LOST + 1));
            boolean before = chance.nextBoolean();
            if (isLast ? before : chance.nextInt(3) == 0) {
                steps.add(count);
            }
            steps.add(new Step(line.sku(), line, 0));
            if (isLast && !before) {
                steps.add(count);
            }
        }
        return steps;
    }

    private static void take(Step step) {
        if (step.line() == null) {
            pms.move(step.sku(), -step.lost());
            pms.count(step.sku());
        } else if (replay.trade(step.line())) {
            pms.move(step.sku(), step.line().delta());
        } else {
            refused.incrementAndGet();
        }
    }

    /** The payloads of {@code inventory.synced} by the id of the webhook. */
    private static Map<String, List<JsonNode>> synced() {
        return books.feed().stream()
                .filter(event -> event.required("type").asText().equals("inventory.synced"))
                .collect(groupingBy(
                        event -> event.at("/metadata/subject").asText(),
                        mapping(event -> event.required("payload"), toList())));
    }

    private static List<JsonNode> movements(String reason) {
        return books.ledger().values().stream()
                .flatMap(List::stream)
                .filter(movement -> movement.required("reason").asText().equals(reason))
                .toList();
    }

    @Test
    void everyShelfHoldsWhatIsReallyThere() {
        var found = books.stock().entrySet().stream()
                .collect(toMap(
                        Map.Entry::getKey,
                        each -> each.getValue().required("onHand").intValue()));
        assertThat(Differences.between(pms.real(), found)).isEmpty();
    }

    @Test
    void theLedgerLeadsThereWithEveryLineOnce() {
        books.ledger().forEach((sku, movements) -> {
            int onHand = 0;
            for (var movement : movements) {
                onHand += movement.required("delta").intValue();
                assertThat(movement.required("onHand").intValue()).as(sku).isEqualTo(onHand);
            }
            assertThat(books.stock().get(sku).required("onHand").intValue())
                    .as(sku)
                    .isEqualTo(onHand);
        });
        assertThat(movements("sale").size() + movements("return").size())
                .isEqualTo(day.lines().size() - refused.get());
    }

    @Test
    void everyWebhookIsAppliedAndToldOnceAndEveryLineAccountedFor() {
        assertThat(pms.answeredOtherwise()).isEmpty();
        assertThat(pms.total("applied") + pms.total("unchanged") + pms.total("stale") + pms.total("rejected"))
                .isEqualTo(pms.lines());
        assertThat(movements("sync")).hasSize(pms.total("applied"));
        assertThat(pms.total("rejected")).as("the unknown SKU").isEqualTo(1);
        var synced = synced();
        pms.reports().forEach((id, report) -> {
            assertThat(synced.get(id)).as(id).hasSize(1);
            var told = synced.get(id).get(0);
            for (var outcome : List.of("applied", "unchanged", "stale")) {
                assertThat(told.required(outcome)).as(id).isEqualTo(report.required(outcome));
            }
        });
    }

    @Test
    void theFeedTellsEachShelfsMovementsInTheirOrder() {
        Map<String, List<Movement>> told = books.updates().stream()
                .map(event -> event.required("payload"))
                .collect(groupingBy(payload -> payload.required("sku").asText(), mapping(Movement::of, toList())));
        Map<String, List<Movement>> written = new HashMap<>();
        books.ledger()
                .forEach((sku, movements) ->
                        written.put(sku, movements.stream().map(Movement::of).toList()));
        assertThat(Differences.between(written, told)).isEmpty();
    }

    @Test
    void countsReallyCameLateAndOutOfOrder() {
        assertThat(pms.total("stale")).isGreaterThan(50);
        assertThat(movements("sync"))
                .filteredOn(movement -> !pms.said(
                        movement.required("reference").asText(),
                        movement.required("sku").asText(),
                        movement.required("onHand").intValue()))
                .as("something had moved since")
                .hasSizeGreaterThan(50);
        assertThat(pms.total("applied")).isGreaterThan(day.goods().size());
        assertThat(refused.get()).as("nobody was sent away for a wrong number").isZero();
    }
}
