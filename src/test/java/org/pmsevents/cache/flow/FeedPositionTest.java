package org.pmsevents.cache.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.nullValue;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.Waiting;
import org.pmsevents.event.feed.Feed;

/**
 * What an answer says it has seen of the feed, it has seen: no event up to there is about a newer version than the answer shows. Half of
 * the changes are made behind this replica's back, as others make them, so that what it has cached is out of date for a while.
 */
@QuarkusTest
class FeedPositionTest {
    private static final int CHANGES = 150;
    private static final String MAIN = "main";

    private final Client user = Client.of("sam", "editor", "stock");
    private final String mark = Client.newSku("F");

    @Inject
    Pool pool;

    @Inject
    Feed feed;

    /** Those that exist, and those that are created during the test. */
    private final List<String> skus = new CopyOnWriteArrayList<>();

    /**
     * An answer.
     *
     * @param position what it claims to have seen
     * @param versions what it shows, 0 for what it says is missing, by {@code product:SKU} or {@code stock:SKU/LOCATION}
     */
    private record Seen(String request, long position, Map<String, Long> versions) {}

    /** The version after each event about a thing, by position. */
    private record History(Map<String, TreeMap<Long, Long>> versions) {
        long version(String thing, long position) {
            var events = versions.get(thing);
            var last = events == null ? null : events.floorEntry(position);
            return last == null ? 0 : last.getValue();
        }

        List<String> faults(Collection<Seen> answers) {
            var faults = new ArrayList<String>();
            for (var seen : answers) {
                seen.versions.forEach((thing, version) -> {
                    long atLeast = version(thing, seen.position);
                    if (version < atLeast) {
                        faults.add("%s shows %s in version %d, but claims position %d, where it has version %d"
                                .formatted(seen.request, thing, version, seen.position, atLeast));
                    }
                });
            }
            return faults;
        }
    }

    private RowSet<Row> sql(String statement, Object... parameters) {
        return Waiting.get(pool.preparedQuery(statement).execute(Tuple.from(List.of(parameters))));
    }

    private String create() {
        var sku = mark + skus.size();
        skus.add(sku);
        user.create(sku, Client.product(sku).replace("}}", "},\"tags\":[\"" + mark + "\"]}"));
        return sku;
    }

    private void renameElsewhere(String sku) {
        sql("""
                WITH changed AS (UPDATE product SET version = version + 1 WHERE sku = $1 RETURNING version)
                INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                SELECT gen_random_uuid(), 'product.updated', $1, 'test', repeat('a', 32), now(), json_build_object('version', version)
                FROM changed
                """, sku);
    }

    private void moveElsewhere(String sku, String location) {
        sql("""
                WITH changed AS (
                  UPDATE stock SET on_hand = on_hand + 1, version = version + 1 WHERE sku = $1 AND location = $2
                  RETURNING version)
                INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                SELECT gen_random_uuid(), 'inventory.updated', $1, 'test', repeat('a', 32), now(),
                       json_build_object('sku', $1::text, 'location', $2::text, 'version', version)
                FROM changed
                """, sku, location);
    }

    private void change(Random random) {
        var sku = skus.get(random.nextInt(skus.size()));
        var location = random.nextBoolean() ? MAIN : mark;
        switch (random.nextInt(6)) {
            case 0 -> user.patch(sku, "{\"description\":\"" + random.nextInt() + "\"}");
            case 1 -> user.adjust(sku, "{\"delta\":1,\"reason\":\"receipt\",\"location\":\"" + location + "\"}");
            case 2 ->
                user.threshold(sku, "{\"threshold\":" + random.nextInt(9) + ",\"location\":\"" + location + "\"}");
            case 3 -> renameElsewhere(sku);
            default -> moveElsewhere(sku, location);
        }
    }

    private long position(Response answer) {
        var header = answer.header("Feed-Position");
        assertThat(header).as(answer.asString()).matches("[0-9a-f-]{36}:[0-9]+").startsWith(feed.id() + ":");
        return Long.parseLong(header.substring(header.indexOf(':') + 1));
    }

    private Response get(String path) {
        var answer = user.request().get(path);
        assertThat(answer.statusCode()).as(path + ": " + answer.asString()).isIn(200, 404);
        return answer;
    }

    private static String product(String sku) {
        return "product:" + sku;
    }

    private static String stock(String sku, String location) {
        return "stock:" + sku + "/" + location;
    }

    private static Map<String, Long> products(JsonNode items, Collection<String> asked) {
        var versions = new HashMap<String, Long>();
        asked.forEach(sku -> versions.put(product(sku), 0L));
        items.forEach(item -> versions.put(
                product(item.get("sku").textValue()), item.get("version").longValue()));
        return versions;
    }

    private static Map<String, Long> stocks(JsonNode items, Collection<String> asked, String location) {
        var versions = new HashMap<String, Long>();
        asked.forEach(sku -> versions.put(stock(sku, location), 0L));
        items.forEach(item -> versions.put(
                stock(item.get("sku").textValue(), item.get("location").textValue()),
                item.get("version").longValue()));
        return versions;
    }

    private Seen look(Random random) {
        var known = List.copyOf(skus);
        var sku = known.get(random.nextInt(known.size()));
        // one that is perhaps created at this moment
        var asked = new ArrayList<>(known);
        asked.add(mark + known.size());
        var many = asked.stream().map(each -> "sku=" + each).collect(Collectors.joining("&"));
        return switch (random.nextInt(8)) {
            case 0 -> one("/api/products/" + sku, product(sku));
            case 1 -> one("/api/inventory/" + sku, stock(sku, MAIN));
            case 2 -> one("/api/inventory/" + sku + "?location=" + mark, stock(sku, mark));
            case 3 -> {
                var answer = get("/api/products?" + many);
                yield new Seen(
                        "many", position(answer), products(Client.json(answer).get("items"), asked));
            }
            case 4 -> {
                var answer = get("/api/inventory?location=" + mark + "&" + many);
                yield new Seen(
                        "many stocks",
                        position(answer),
                        stocks(Client.json(answer).get("items"), asked, mark));
            }
            case 5 -> {
                var answer = get("/api/products?limit=500&tag=" + mark);
                yield new Seen(
                        "list", position(answer), products(Client.json(answer).get("items"), asked));
            }
            case 6 -> {
                var answer = get("/api/inventory?limit=500&location=" + mark);
                yield new Seen(
                        "stocks", position(answer), stocks(Client.json(answer).get("items"), asked, mark));
            }
            default -> {
                var answer = get("/api/inventory/" + sku + "/locations");
                yield answer.statusCode() == 404
                        ? new Seen("locations", 0, Map.of())
                        : new Seen(
                                "locations",
                                position(answer),
                                stocks(Client.json(answer).get("items"), List.of(sku), mark));
            }
        };
    }

    private Seen one(String path, String thing) {
        var answer = get(path);
        return answer.statusCode() == 404
                ? new Seen(path, 0, Map.of())
                : new Seen(
                        path,
                        position(answer),
                        Map.of(thing, Client.json(answer).get("version").longValue()));
    }

    private History history() {
        await("all events have positions")
                .until(() -> sql("SELECT FROM event WHERE subject = ANY($1) AND position IS NULL", (Object)
                                        skus.toArray(String[]::new))
                                .size()
                        == 0);
        var versions = new HashMap<String, TreeMap<Long, Long>>();
        for (var row : sql(
                "SELECT position, type, subject, payload::text AS payload FROM event WHERE subject = ANY($1)",
                (Object) skus.toArray(String[]::new))) {
            var payload = Client.json(row.getString("payload"));
            var thing = row.getString("type").startsWith("product.")
                    ? product(row.getString("subject"))
                    : stock(row.getString("subject"), payload.path("location").textValue());
            if (payload.has("version")) {
                versions.computeIfAbsent(thing, first -> new TreeMap<>())
                        .put(row.getLong("position"), payload.get("version").longValue());
            }
        }
        return new History(versions);
    }

    private void createSome() {
        for (int i = 0; i < 5; i++) {
            user.adjust(create(), "{\"delta\":10,\"reason\":\"receipt\",\"location\":\"" + mark + "\"}")
                    .then()
                    .statusCode(200);
        }
    }

    @Test
    void noAnswerClaimsToHaveSeenAnEventThatItDoesNotShow() throws ExecutionException, InterruptedException {
        createSome();
        var writing = new AtomicBoolean(true);
        var answers = new CopyOnWriteArrayList<List<Seen>>();
        var threads = Executors.newFixedThreadPool(5);
        try {
            var readers = new ArrayList<Future<Void>>();
            for (int i = 0; i < 3; i++) {
                var random = new Random(i);
                readers.add(threads.submit((Callable<Void>) () -> {
                    var mine = new ArrayList<Seen>();
                    while (writing.get()) {
                        mine.add(look(random));
                    }
                    answers.add(mine);
                    return null;
                }));
            }
            var writers = new ArrayList<Future<Void>>();
            for (int i = 0; i < 2; i++) {
                var random = new Random(100 + i);
                boolean creates = i == 0;
                writers.add(threads.submit((Callable<Void>) () -> {
                    for (int n = 0; n < CHANGES; n++) {
                        change(random);
                        if (creates && n % 30 == 29) {
                            create();
                        }
                    }
                    return null;
                }));
            }
            for (var writer : writers) {
                writer.get();
            }
            writing.set(false);
            for (var reader : readers) {
                reader.get();
            }
        } finally {
            writing.set(false);
            threads.shutdownNow();
        }
        var all = answers.stream().flatMap(List::stream).toList();
        assertThat(all).hasSizeGreaterThan(50);
        assertThat(history().faults(all)).isEmpty();
    }

    /** Also that the test above would notice a claim that goes too far. */
    @Test
    void whileTheFeedHasNotToldOfAChangeTheCachedValueDoesNotClaimIt() {
        createSome();
        var sku = skus.get(0);
        await("a change that is read too early").until(() -> {
            one("/api/products/" + sku, product(sku));
            renameElsewhere(sku);
            sql("SELECT * FROM sequence_events(1000)");
            var seen = one("/api/products/" + sku, product(sku));
            var history = history();
            assertThat(history.faults(List.of(seen))).isEmpty();
            long changed = history.versions.get(product(sku)).lastKey();
            boolean early = seen.versions.get(product(sku)) < history.version(product(sku), changed);
            if (early) {
                assertThat(seen.position).isLessThan(changed);
                assertThat(history.faults(List.of(new Seen("too much", changed, seen.versions))))
                        .hasSize(1);
            }
            return early;
        });
    }

    @Test
    void aValueThatStaysCachedClaimsMoreAsTheFeedGoesOn() {
        createSome();
        var sku = skus.get(0);
        long created = position(get("/api/products/" + sku));
        create();
        long head = user.head();
        assertThat(head).isGreaterThan(created);
        await("the claim reaches the head").until(() -> position(get("/api/products/" + sku)) >= head);
    }

    @Test
    void everyReadOfProductsAndStockSaysWhatItHasSeen() {
        createSome();
        var sku = skus.get(0);
        long head = user.head();
        for (var path : List.of(
                "/api/products/" + sku,
                "/api/products",
                "/api/products?tag=" + mark,
                "/api/products?q=" + mark,
                "/api/products?sku=" + sku + "&sku=none",
                "/api/products?sku=%2F",
                "/api/inventory/" + sku,
                "/api/inventory",
                "/api/inventory?low=true",
                "/api/inventory?sku=" + sku,
                "/api/inventory/" + sku + "/locations",
                "/api/inventory/" + sku + "/movements")) {
            claims(path, head, () -> {
                var answer = user.request().get(path);
                assertThat(answer.statusCode()).as(path).isEqualTo(200);
                return answer;
            });
        }
        claims("unmodified", head, () -> {
            var unmodified = user.request().header("If-None-Match", "*").get("/api/products/" + sku);
            assertThat(unmodified.statusCode()).isEqualTo(304);
            return unmodified;
        });
        // written by a handler that may be behind the feed
        user.request().get("/api/products/" + sku + "/history").then().header("Feed-Position", nullValue());
    }

    /** Too little, too, is wrong: a claim of 0 would have everybody read the whole feed. */
    private void claims(String what, long atLeast, Supplier<Response> read) {
        await(what + " claims the head").until(() -> {
            long position = position(read.get());
            assertThat(position).as(what).isLessThanOrEqualTo(user.head());
            return position >= atLeast;
        });
    }
}
