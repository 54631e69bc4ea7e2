package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.anyOf;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.is;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** A till that was offline sends its sales late: what happened before the last count is in that count already. */
@QuarkusTest
class LateSalesTest {
    private static final int PROGRAMS = 12;
    private static final int STEPS = 20;
    private static final int TIMES = 6;

    private final PmsSender pms = new PmsSender();
    private final List<Client> tills = List.of(Client.of("till-1", "stock"), Client.of("till-2", "stock"));
    private final Client keeper = Client.of("stan", "stock");
    private final String sku = Client.newSku("LATE");
    private Instant begin = Instant.EPOCH;
    private long head;

    @Inject
    Clock clock;

    @BeforeEach
    void createProduct() {
        head = Client.editor().createTold(sku);
        begin = clock.instant().truncatedTo(ChronoUnit.SECONDS).minus(1, ChronoUnit.HOURS);
    }

    private static String sale(long delta, @Nullable Instant at) {
        return "\"delta\":" + delta + ",\"reason\":\"sale\"" + (at == null ? "" : ",\"occurredAt\":\"" + at + "\"");
    }

    private JsonNode sell(long delta, @Nullable Instant at) {
        var answer = keeper.adjust(sku, "{" + sale(delta, at) + "}");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }

    private void count(long onHand, Instant at) {
        pms.sync(PmsSender.line(sku, onHand, at));
    }

    private Instant at(int minute) {
        return begin.plus(minute, ChronoUnit.MINUTES);
    }

    @Test
    void aSaleBeforeTheLastCountHasItsMovementAndItsCorrection() {
        count(5, at(10));
        var answer = sell(-1, at(9));
        assertThat(answer.get("countedAlready").booleanValue()).isTrue();
        assertThat(answer.get("delta").longValue()).isEqualTo(-1);
        assertThat(answer.get("onHand").longValue()).isEqualTo(5);
        assertThat(answer.get("version").longValue()).isEqualTo(4);
        var stock = keeper.stock(sku);
        assertThat(stock.get("onHand").longValue()).isEqualTo(5);
        assertThat(stock.get("version").longValue()).isEqualTo(4);

        var ledger = keeper.movements(sku);
        assertThat(ledger.findValuesAsText("reason")).containsExactly("counted-already", "sale", "sync");
        assertThat(ledger.findValuesAsText("delta")).containsExactly("1", "-1", "5");
        assertThat(ledger.findValuesAsText("onHand")).containsExactly("5", "4", "5");
        assertThat(ledger.findValuesAsText("version")).containsExactly("4", "3", "2");
        assertThat(ledger.get(1).get("movementId")).isEqualTo(answer.get("movementId"));
        assertThat(Instant.parse(ledger.get(1).get("occurredAt").textValue())).isEqualTo(at(9));
        assertThat(ledger.get(0).get("occurredAt")).isEqualTo(ledger.get(0).get("timestamp"));

        var events = Client.viewer().events(head, sku, 3);
        assertThat(events.get(1).at("/metadata/id")).isEqualTo(answer.get("eventId"));
        assertThat(events.get(1).at("/payload/delta").longValue()).isEqualTo(-1);
        assertThat(events.get(2).at("/payload/reason").textValue()).isEqualTo("counted-already");
        assertThat(events.get(2).at("/payload/onHand").longValue()).isEqualTo(5);
    }

    @Test
    void aSaleAtTheTimeOfTheCountIsInIt() {
        count(5, at(10));
        assertThat(sell(-1, at(10)).get("onHand").longValue()).isEqualTo(5);
        assertThat(sell(-1, at(10).plus(1, ChronoUnit.MICROS)).get("onHand").longValue())
                .isEqualTo(4);
    }

    @Test
    void whatIsCountedAlreadyNeedsNothingOnHandAndAlertsNobody() {
        keeper.threshold(sku, "{\"threshold\":3}").then().statusCode(200);
        keeper.adjust(sku, 9);
        count(4, at(10));
        assertThat(keeper.stock(sku).get("onHand").longValue()).isEqualTo(4 + 9);
        count(0, clock.instant());
        var events = Client.viewer().events(head, sku).size();
        assertThat(sell(-7, at(9)).get("onHand").longValue()).isZero();
        assertThat(Client.viewer().events(head, sku, events + 2))
                .extracting(event -> event.get("type").textValue())
                .endsWith("inventory.updated", "inventory.updated");
        keeper.isProblem(
                keeper.adjust(sku, "{" + sale(-7, clock.instant().plusSeconds(30)) + "}"), 409, "insufficient-stock");
    }

    @Test
    void itsMovementStaysInRangeAndItsExpectationHolds() {
        count(Integer.MAX_VALUE, at(10));
        keeper.isProblem(keeper.adjust(sku, "{" + sale(1, at(9)) + "}"), 409, "stock-out-of-range");
        keeper.isProblem(keeper.adjust(sku, "{" + sale(-1, at(9)) + ",\"expectedOnHand\":3}"), 409, "stock-changed");
        assertThat(keeper.movements(sku)).hasSize(1);
    }

    @Test
    void aTimeThatNoTillMeansIsRefused() {
        keeper.isProblem(
                        keeper.adjust(sku, "{" + sale(1, clock.instant().plusSeconds(90)) + "}"),
                        400,
                        "validation-failed")
                .body("violations[0].pointer", equalTo("/occurredAt"))
                .body("violations[0].code", equalTo("future"));
        keeper.isProblem(keeper.adjust(sku, "{" + sale(1, Instant.EPOCH) + "}"), 400, "validation-failed")
                .body("violations[0].code", equalTo("too-early"));
        keeper.isProblem(
                        keeper.adjust(sku, "{\"delta\":1,\"reason\":\"sale\",\"occurredAt\":\"yesterday\"}"),
                        400,
                        "validation-failed")
                .body("violations[0].code", equalTo("format"));
    }

    @Test
    void aRepeatIsAnsweredAsBefore() {
        count(5, at(10));
        var key = UUID.randomUUID().toString();
        var body = "{" + sale(-1, at(9)) + "}";
        var first = keyed(keeper, key, body);
        var second = keyed(keeper, key, body);
        assertThat(second).isEqualTo(first);
        assertThat(first.get("countedAlready").booleanValue()).isTrue();
        assertThat(keeper.movements(sku)).hasSize(3);
    }

    private JsonNode keyed(Client client, String key, String body) {
        return Client.json(
                client.request(body).header("Idempotency-Key", key).post(Client.stockPath(sku) + "/adjustments"));
    }

    /** What is on hand by the sentence of the contract: the newest count, and what happened after it. */
    private static final class Model {
        private final List<Sale> sales = new ArrayList<>();
        private @Nullable Instant countedAt;
        private long counted;

        private record Sale(Instant at, long delta) {}

        boolean isCounted(Instant at) {
            return countedAt != null && !at.isAfter(countedAt);
        }

        void count(long onHand, Instant at) {
            if (!isCounted(at)) {
                countedAt = at;
                counted = onHand;
            }
        }

        void sell(Instant at, long delta) {
            sales.add(new Sale(at, delta));
        }

        long onHand() {
            return counted
                    + sales.stream()
                            .filter(sale -> !isCounted(sale.at()))
                            .mapToLong(Sale::delta)
                            .sum();
        }
    }

    /**
     * Sales before, at and after counts, from several tills and one by one or together, by webhook and by hand, in any order: after each
     * step the stock is what the model says, and the ledger sums to it.
     */
    @Test
    void salesAndCountsInAnyOrderEndRight() {
        long seed = Long.getLong("late.seed", new Random().nextLong());
        var random = new Random(seed);
        for (int program = 0; program < PROGRAMS; program++) {
            play(random, "seed " + seed + ", program " + program);
        }
    }

    private void play(Random random, String name) {
        var product = Client.newSku("LATE");
        Client.editor().create(product);
        var location = Client.newSku("till");
        keeper.request("{\"backorders\":true}")
                .put("/api/locations/" + location)
                .then()
                .statusCode(anyOf(is(200), is(201)));
        var model = new Model();
        var said = new ArrayList<String>(List.of(name));
        for (int step = 0; step < STEPS; step++) {
            int kind = random.nextInt(10);
            if (kind < 6) {
                sell(random, model, product, location, said);
            } else if (kind < 9) {
                long onHand = random.nextInt(40);
                var at = at(random.nextInt(TIMES));
                pms.sync(PmsSender.line(product, onHand, at).replace("}", ",\"location\":\"" + location + "\"}"));
                model.count(onHand, at);
                said.add("count " + onHand + " at " + at);
            } else if (random.nextInt(4) == 0) {
                long onHand = random.nextInt(40);
                keeper.count(
                                product,
                                "{\"onHand\":" + onHand + ",\"reason\":\"count\",\"location\":\"" + location + "\"}")
                        .then()
                        .statusCode(200);
                model.count(onHand, clock.instant());
                said.add("count " + onHand + " by hand");
            }
            assertThat(onHand(product, location)).as(said.toString()).isEqualTo(model.onHand());
        }
        assertLedger(product, location, model.onHand(), said);
    }

    private void sell(Random random, Model model, String product, String location, List<String> said) {
        int lines = 1 + random.nextInt(3);
        var bodies = new ArrayList<String>();
        var counted = new ArrayList<Boolean>();
        for (int i = 0; i < lines; i++) {
            long delta = random.nextInt(8) == 0 ? 5 : -1 - random.nextInt(3);
            var at = random.nextInt(6) == 0 ? null : at(random.nextInt(TIMES));
            bodies.add("{\"sku\":" + Client.quoted(product) + ",\"location\":\"" + location + "\"," + sale(delta, at)
                    + "}");
            counted.add(at != null && model.isCounted(at));
            model.sell(at == null ? clock.instant() : at, delta);
            said.add("sale " + delta + " at " + at);
        }
        var till = tills.get(random.nextInt(tills.size()));
        var answer = Client.json(till.adjustAll(String.join(",", bodies), random.nextBoolean()));
        for (int i = 0; i < lines; i++) {
            var result = answer.at("/results/" + i);
            assertThat(result.get("status").intValue()).as(said.toString()).isEqualTo(200);
            assertThat(result.get("countedAlready").booleanValue())
                    .as(said.toString())
                    .isEqualTo(counted.get(i));
        }
    }

    private static long onHand(String product, String location) {
        var stock = Client.viewer().request().get(Client.stockPath(product) + "?location=" + location);
        return stock.statusCode() == 404 ? 0 : Client.json(stock).get("onHand").longValue();
    }

    private void assertLedger(String product, String location, long onHand, List<String> said) {
        var ledger = Client.json(
                        keeper.request().get(Client.stockPath(product) + "/movements?limit=500&location=" + location))
                .get("items");
        long sum = 0;
        long version = 1;
        for (int i = ledger.size() - 1; i >= 0; i--) {
            var movement = ledger.get(i);
            sum += movement.get("delta").longValue();
            version++;
            assertThat(movement.get("onHand").longValue()).as(said.toString()).isEqualTo(sum);
            assertThat(movement.get("version").longValue()).as(said.toString()).isEqualTo(version);
        }
        assertThat(sum).as(said.toString()).isEqualTo(onHand);
    }
}
