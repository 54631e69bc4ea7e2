package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.net.URI;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;

/**
 * The promise of the stock, under random programs of several clients on a few hot places of several replicas: every answer is one that
 * a single caller could have got, and the ledger says the same.
 *
 * <p>A seed repeats the program; what the threads make of it is up to chance, so nothing is shrunk.
 */
@Tag("native")
class StockHistoryIT {
    private static final int REPLICAS = 3;
    private static final String BACKROOM = "backroom";
    private static final Duration SOON = Duration.ofSeconds(5);

    private static Cluster cluster;
    private static Connection database;
    private static StockLedger ledger;
    private static List<URI> replicas;
    private static final Map<String, Integer> ANSWERED = new TreeMap<>();
    private static final StockClient HTTP = new StockClient();
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    @BeforeContainer
    static void startCluster() throws Exception {
        cluster = new Cluster(Map.of());
        database = cluster.database();
        ledger = new StockLedger(database);
        replicas = new ArrayList<>();
        for (int i = 0; i < REPLICAS; i++) {
            replicas.add(cluster.start(0).address());
        }
        HTTP.allowBackorders(replicas.get(0), BACKROOM);
    }

    @AfterContainer
    static void stopCluster() throws Exception {
        System.out.println("lines by their answers, and replies by how they came: " + ANSWERED);
        THREADS.shutdownNow();
        database.close();
        cluster.close();
    }

    @Property(tries = 40, shrinking = ShrinkingMode.OFF)
    void everyAnswerIsOneThatASingleCallerCouldHaveGot(@ForAll("programs") StockProgram program) throws Exception {
        var name = Client.newSku("try-");
        var places = places(name, program.places());
        for (var place : places) {
            if (place.location().equals(Place.MAIN)) {
                HTTP.createProduct(replicas.get(0), place.sku());
            }
        }

        var said = new StockRun(name, program, places, replicas, HTTP).play(THREADS);

        said.forEach(StockHistoryIT::tally);
        ledger.assertWhole();
        ledger.assertHoldsExactly(
                said.stream().flatMap(each -> each.movements().stream()).toList(), places);
        SerialOrder.of(begin(places), history(said, places));
        ledger.assertTold();
        assertReadersSeeTheStock(places);
    }

    @Provide
    Arbitrary<StockProgram> programs() {
        return StockProgram.any();
    }

    /** One SKU, the same at a location that nobody has named yet and that takes backorders, and another one. */
    private static List<Place> places(String name, int count) {
        return Arrays.asList(Place.main(name), new Place(name, BACKROOM), Place.main(name + "-2"))
                .subList(0, count);
    }

    private static void tally(Conversation conversation) {
        for (var reply : conversation.replies()) {
            ANSWERED.merge(
                    reply.isFinal() ? reply.replayed() ? "replayed" : "original" : reply.code(), 1, Integer::sum);
        }
        for (var operation : conversation.operations(Map.of())) {
            for (var answer : operation.answers()) {
                ANSWERED.merge(Objects.requireNonNullElse(answer.code(), "accepted"), 1, Integer::sum);
            }
        }
    }

    private static Map<Place, StockModel> begin(List<Place> places) {
        var begin = new HashMap<Place, StockModel>();
        places.forEach(
                place -> begin.put(place, StockModel.empty(place.location().equals(BACKROOM))));
        return begin;
    }

    /** All that was answered, and what is there afterwards. */
    private static List<Operation> history(List<Conversation> said, List<Place> places) throws Exception {
        var history = new ArrayList<Operation>();
        said.forEach(each -> history.addAll(each.operations(Map.of())));
        history.addAll(ledger.readings(places));
        return history;
    }

    private static void assertReadersSeeTheStock(List<Place> places) throws Exception {
        for (var there : ledger.readings(places)) {
            var place = there.changes().get(0).place();
            for (var replica : replicas) {
                await().atMost(SOON)
                        .untilAsserted(() -> assertThat(HTTP.read(replica, place))
                                .isEqualTo(there.answers().get(0)));
            }
        }
    }
}
