package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.PostgresProxy.Cut;
import org.pmsevents.inventory.history.Change.Adjust;
import org.pmsevents.inventory.history.Change.Count;

/** Nothing is taken from the stock twice, and nothing that was acknowledged is missing, however the connection to PostgreSQL is cut. */
@Tag("native")
@Tag("native-suffices")
class StockOutageIT {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final int CALLERS = 8;
    private static final int REQUESTS = 15;
    private static final long PLENTY = 40;

    private static final StockClient HTTP = new StockClient();
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    private static Cluster cluster;
    private static Connection database;
    private static StockLedger ledger;
    private static List<URI> replicas;

    @BeforeAll
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of());
        database = cluster.database();
        ledger = new StockLedger(database);
        replicas = List.of(cluster.start(0).address(), cluster.start(0).address());
    }

    @AfterAll
    static void stopCluster() throws Exception {
        THREADS.shutdownNow();
        database.close();
        cluster.close();
    }

    @Test
    void aKeyMovesStockOnceHoweverOftenTheConnectionIsCut() throws Exception {
        var places = hotPlaces();
        var callers = IntStream.range(0, CALLERS)
                .mapToObj(caller -> CompletableFuture.supplyAsync(() -> askUntilAnswered(caller, places), THREADS))
                .toList();
        int cuts = cutWhile(callers, "of " + places.get(0).sku());

        var said = all(callers);
        assertThat(said).allMatch(each -> each.answer().isPresent());
        long again = said.stream().filter(each -> each.replies().size() > 1).count();
        System.out.printf("%d requests, %d asked more than once, %d cuts%n", said.size(), again, cuts);
        assertThat(cuts).isGreaterThan(10);
        assertThat(again).isPositive();
        ledger.assertWhole();
        ledger.assertHoldsExactly(movements(said), places);
        SerialOrder.of(begin(places), history(said, places));
        ledger.assertTold();
    }

    @Test
    void withoutAKeyTheAnswerIsTrueOrSaysThatItIsUnknown() throws Exception {
        var places = hotPlaces();
        var callers = IntStream.range(0, CALLERS)
                .mapToObj(caller -> CompletableFuture.supplyAsync(() -> askOnce(caller, places), THREADS))
                .toList();
        int cuts = cutWhile(callers, "of " + places.get(0).sku());

        var said = all(callers);
        await("what was still running is done").atMost(SOON).until(() -> ledger.writersUnderWay() == 0);
        var moved = ledger.byReference(places);
        int unknown = 0;
        for (var each : said) {
            var movement = moved.get(each.request().reference(0));
            if (each.answer().isPresent()) {
                assertThat(each.movements())
                        .as("%s", each.request())
                        .isEqualTo(movement == null ? List.of() : List.of(movement));
            } else {
                unknown++;
                var reply = each.replies().get(0);
                if (movement != null) {
                    assertThat(reply.code())
                            .as("%s moved %s", each.request(), movement)
                            .isEqualTo("outcome-unknown");
                }
            }
        }
        System.out.printf("%d requests, %d without an answer, %d cuts%n", said.size(), unknown, cuts);
        assertThat(cuts).isGreaterThan(10);
        ledger.assertWhole();
        SerialOrder.of(begin(places), history(said, places));
        ledger.assertTold();
    }

    @ParameterizedTest
    @EnumSource(names = {"BEFORE", "BUSY", "UNANSWERED", "HALF_ANSWERED"})
    void oneCutIsSettledBeforeTheCallerIsAnswered(Cut cut) throws Exception {
        var place = hotPlaces().get(0);
        var receipt = stock(place);
        var conversation = new Conversation(adjust("single " + place.sku(), place, -7, "key of " + place.sku()));

        cluster.postgres().cutAt(cut, conversation.request().reference(0));
        HTTP.sendUntilAnswered(replicas, conversation);

        assertThat(cluster.postgres().isWaitingToCut()).isFalse();
        assertThat(conversation.answer().orElseThrow().status()).isEqualTo(200);
        ledger.assertHoldsExactly(movements(List.of(receipt, conversation)), List.of(place));
        ledger.assertWhole();
    }

    /** The worst of all moments: what is looked up or repeated after the cut does not see what the server is still busy with. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatPostgresIsStillBusyWithIsNotDoneOnceMore(boolean keyed) throws Exception {
        var place = hotPlaces().get(0);
        stock(place);
        var key = keyed ? "key of " + place.sku() : null;
        var conversation = new Conversation(adjust("busy " + place.sku(), place, -7, key));
        CompletableFuture<Reply> reply;
        try (var holder = cluster.database()) {
            holder.setAutoCommit(false);
            try (var lock = holder.prepareStatement("SELECT 1 FROM stock WHERE sku = ? FOR UPDATE")) {
                lock.setString(1, place.sku());
                lock.execute();
            }
            cluster.postgres().cutAt(Cut.BUSY, conversation.request().reference(0));
            reply = CompletableFuture.supplyAsync(() -> HTTP.send(replicas.get(0), conversation), THREADS);
            await("cut").atMost(SOON).until(() -> !cluster.postgres().isWaitingToCut());
            await("answered, or tried once more")
                    .atMost(SOON)
                    .until(() -> reply.isDone() || ledger.writersWaiting() > 1);
            holder.rollback();
        }
        var first = reply.get(60, TimeUnit.SECONDS);
        if (keyed) {
            HTTP.sendUntilAnswered(replicas, conversation);
        }
        await("what was still running is done").atMost(SOON).until(() -> ledger.writersUnderWay() == 0);

        var moved =
                ledger.byReference(List.of(place)).get(conversation.request().reference(0));
        System.out.printf("still busy, %s key: %s, moved %s%n", keyed ? "with" : "without", first, moved);
        if (keyed || first.isFinal()) {
            assertThat(moved).as("what was answered is done").isNotNull();
        }
        assertThat(first.isFinal() || first.code().equals("outcome-unknown"))
                .as("%s", first)
                .isTrue();
        conversation
                .answer()
                .ifPresent(answer -> assertThat(conversation.movements()).containsExactly(moved));
        ledger.assertWhole();
        ledger.assertTold();
    }

    /** A connection that was cut is not always one whose last words are lost: they may arrive when nobody expects them any more. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAdjustmentThatArrivesAfterItsRepetitionChangesNothing(boolean keyed) throws Exception {
        var place = hotPlaces().get(0);
        var receipt = stock(place);
        var key = keyed ? "key of " + place.sku() : null;
        var late = new Conversation(adjust("late " + place.sku(), place, -7, key));
        sendDelayed(late);

        cluster.postgres().deliverDelayed();
        assertThat(late.answer()).isPresent();
        ledger.assertHoldsExactly(movements(List.of(receipt, late)), List.of(place));
        ledger.assertWhole();
    }

    @Test
    void aCountThatFoundWhatItCountedChangesNothingWhenItArrivesLate() throws Exception {
        var place = hotPlaces().get(0);
        var receipt = stock(place);
        var count = new Request("late " + place.sku(), Request.Kind.COUNT, List.of(new Count(place, PLENTY)), null);
        assertStandsWhenItArrivesLate(new Conversation(count), receipt, -7);
    }

    @Test
    void aRefusedAdjustmentChangesNothingWhenItArrivesLate() throws Exception {
        var place = hotPlaces().get(0);
        var receipt = stock(place);
        var sale = adjust("late " + place.sku(), place, -PLENTY - 1, null);
        assertStandsWhenItArrivesLate(new Conversation(sale), receipt, PLENTY);
    }

    /** @param delta of another request, after which the late one would do something else */
    private static void assertStandsWhenItArrivesLate(Conversation late, Conversation before, long delta)
            throws Exception {
        sendDelayed(late);
        var place = late.request().changes().get(0).place();
        var between = new Conversation(adjust("between " + place.sku(), place, delta, null));
        HTTP.sendUntilAnswered(replicas, between);

        cluster.postgres().deliverDelayed();
        if (late.answer().isPresent()) {
            ledger.assertHoldsExactly(movements(List.of(before, late, between)), List.of(place));
        }
        ledger.assertWhole();
    }

    private static void sendDelayed(Conversation conversation) {
        cluster.postgres().cutAt(Cut.DELAYED, conversation.request().reference(0));
        var reply = HTTP.send(replicas.get(0), conversation);
        assertThat(cluster.postgres().isWaitingToCut()).isFalse();
        System.out.println("not arrived yet, and answered: " + reply);
    }

    private static List<Conversation> askUntilAnswered(int caller, List<Place> places) {
        var random = new Random(caller);
        var said = new ArrayList<Conversation>();
        for (int i = 0; i < REQUESTS; i++) {
            var name = caller + "." + i + " of " + places.get(0).sku();
            var kind = kinds().get(random.nextInt(kinds().size()));
            var changes = IntStream.range(0, kind == Request.Kind.ADJUST ? 1 : 1 + random.nextInt(4))
                    .mapToObj(line -> change(random, places))
                    .toList();
            var conversation = new Conversation(new Request(name, kind, changes, "key " + name));
            HTTP.sendUntilAnswered(
                    caller % 2 == 0 ? replicas : List.of(replicas.get(1), replicas.get(0)), conversation);
            said.add(conversation);
        }
        return said;
    }

    private static List<Request.Kind> kinds() {
        return List.of(Request.Kind.ADJUST, Request.Kind.ADJUST, Request.Kind.LINES, Request.Kind.ATOMIC);
    }

    private static List<Conversation> askOnce(int caller, List<Place> places) {
        var random = new Random(caller);
        var said = new ArrayList<Conversation>();
        for (int i = 0; i < REQUESTS; i++) {
            var name = caller + "." + i + " of " + places.get(0).sku();
            var place = places.get(random.nextInt(places.size()));
            var request = random.nextInt(5) == 0
                    ? new Request(name, Request.Kind.COUNT, List.of(new Count(place, random.nextInt(30))), null)
                    : new Request(name, Request.Kind.ADJUST, List.of(change(random, places)), null);
            var conversation = new Conversation(request);
            var unused = HTTP.send(replicas.get(random.nextInt(2)), conversation);
            said.add(conversation);
        }
        return said;
    }

    private static Change change(Random random, List<Place> places) {
        var place = places.get(random.nextInt(places.size()));
        long delta = (random.nextBoolean() ? 1 : -1) * (1L + random.nextInt(20));
        return new Adjust(place, delta, random.nextInt(6) == 0 ? (long) random.nextInt(60) : null);
    }

    /** Cuts one connection after the other, at any of the moments, and sometimes all of them for a while, until all callers are done. */
    private static int cutWhile(List<? extends CompletableFuture<?>> callers, String text) {
        var random = new Random(4711);
        var moments = List.of(Cut.BEFORE, Cut.BUSY, Cut.UNANSWERED, Cut.HALF_ANSWERED);
        int cuts = 0;
        while (!callers.stream().allMatch(CompletableFuture::isDone)) {
            cluster.postgres().cutAt(moments.get(random.nextInt(moments.size())), text);
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> !cluster.postgres().isWaitingToCut()
                            || callers.stream().allMatch(CompletableFuture::isDone));
            if (cuts % 50 == 25) {
                int before = HTTP.unanswered();
                cluster.postgres().takeAway();
                await().pollInterval(Duration.ofMillis(5))
                        .atMost(Duration.ofSeconds(60))
                        .until(() ->
                                HTTP.unanswered() > before || callers.stream().allMatch(CompletableFuture::isDone));
                cluster.postgres().bringBack();
            }
            cuts++;
        }
        return cuts;
    }

    private static List<Conversation> all(List<CompletableFuture<List<Conversation>>> callers) throws Exception {
        var said = new ArrayList<Conversation>();
        for (var each : callers) {
            said.addAll(each.get(60, TimeUnit.SECONDS));
        }
        return said;
    }

    private static List<Place> hotPlaces() {
        var places = List.of(Place.main(Client.newSku("hot-")), Place.main(Client.newSku("hot-")));
        places.forEach(place -> HTTP.createProduct(replicas.get(0), place.sku()));
        return places;
    }

    private static Conversation stock(Place place) {
        var receipt = new Conversation(adjust("receipt of " + place.sku(), place, PLENTY, null));
        assertThat(HTTP.send(replicas.get(0), receipt).status()).isEqualTo(200);
        return receipt;
    }

    private static Request adjust(String name, Place place, long delta, @Nullable String key) {
        return new Request(name, Request.Kind.ADJUST, List.of(new Adjust(place, delta, null)), key);
    }

    private static List<Movement> movements(List<Conversation> said) {
        return said.stream().flatMap(each -> each.movements().stream()).toList();
    }

    private static Map<Place, StockModel> begin(List<Place> places) {
        var begin = new HashMap<Place, StockModel>();
        places.forEach(place -> begin.put(place, StockModel.empty(false)));
        return begin;
    }

    private static List<Operation> history(List<Conversation> said, List<Place> places) throws SQLException {
        var moved = ledger.byReference(places);
        var history = new ArrayList<Operation>();
        said.forEach(each -> history.addAll(each.operations(moved)));
        history.addAll(ledger.readings(places));
        return history;
    }
}
