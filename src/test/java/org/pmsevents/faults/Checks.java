package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.pmsevents.Client;
import org.pmsevents.cluster.Replica;
import org.pmsevents.faults.Caller.Call;
import org.pmsevents.faults.Promises.Kind;
import org.pmsevents.platform.tracing.TraceId;

/** What has to be true after a fault, while the clients wait: of the database, of what subscribers were told, and of what is answered. */
final class Checks {
    /** What runs yet when the clients have their answers: events without a position, durable handlers, jobs. */
    private static final Duration SETTLED = Duration.ofSeconds(60);

    private static final int POOL = 16;
    /** Besides the pool: what listens, and this test. */
    private static final int OTHER_CONNECTIONS = 8;

    /** A replica needs some 30 MiB of its heap of 256 MiB. */
    private static final long MOST_IN_USE = 96 << 20;

    private final Ground ground;
    private final Shop shop;
    private final Set<String> firstEpoch;
    private int backs;
    private long mostInUse;

    Checks(Ground ground) throws SQLException {
        this.ground = ground;
        this.shop = ground.shop();
        this.firstEpoch = Set.of(ground.epoch());
    }

    void all() throws Exception {
        awaitSettled();
        feedIsWhole();
        ledgerExplainsStock();
        promisesAreKept();
        everythingDerivedIsComplete();
        subscribersHaveAll();
        answersAreCurrent();
        nothingIsUsedUp();
        ground.load().assertNothingUnexpected();
    }

    private void awaitSettled() {
        await("every event has its position")
                .atMost(SETTLED)
                .until(() -> ground.number("SELECT count(*) FROM event WHERE position IS NULL") == 0);
        await("every job has ended")
                .atMost(SETTLED)
                .until(() ->
                        ground.number("SELECT count(*) FROM job WHERE kind = 'queue.probe' AND finished_at IS NULL")
                                == 0);
        await("every durable handler is at the head")
                .atMost(SETTLED)
                .until(() ->
                        ground.number("SELECT count(*) FROM handler_cursor, feed_head WHERE position <> head") == 0);
    }

    /** Positions 1 to n; each product's and each stock's events in their order; one event for each movement. */
    private void feedIsWhole() throws SQLException {
        none("positions that are missing or doubled", """
                SELECT count(*), count(DISTINCT position), min(position), max(position), (SELECT head FROM feed_head) FROM event
                HAVING count(*) <> count(DISTINCT position) OR min(position) <> 1 OR max(position) <> count(*)
                  OR (SELECT head FROM feed_head) <> count(*)
                """);
        none("events that are there twice", "SELECT id FROM event GROUP BY id HAVING count(*) > 1");
        none("events of a product out of order", """
                SELECT * FROM (SELECT subject, position, (payload ->> 'version')::bigint AS version,
                                      row_number() OVER (PARTITION BY subject ORDER BY position) AS expected
                               FROM event WHERE type LIKE 'product.%') AS e
                WHERE version <> expected
                """);
        none("products whose changes are not all in the feed", """
                SELECT sku, version FROM product
                WHERE version <> (SELECT count(*) FROM event WHERE subject = sku AND type LIKE 'product.%')
                """);
        none("movements and events that do not belong together", """
                SELECT m.reference, event.id FROM stock_movement AS m
                FULL JOIN (SELECT * FROM event WHERE type = 'inventory.updated') AS event ON event.id = m.event_id
                WHERE m.id IS NULL OR event.id IS NULL OR event.payload ->> 'movementId' <> m.id::text
                  OR event.payload ->> 'onHand' <> m.on_hand::text OR event.payload ->> 'version' <> m.version::text
                """);
        none("events of a stock out of order", """
                SELECT * FROM (SELECT m.sku, m.version, event.position,
                                      1 + row_number() OVER (PARTITION BY m.sku, m.location ORDER BY event.position) AS expected
                               FROM stock_movement AS m JOIN event ON event.id = m.event_id) AS told
                WHERE version <> expected
                """);
        assertThat(epochs()).as("epochs that began without a cause").contains(ground.epoch());
    }

    /** The first epoch, and those that began because the database has gone back. */
    private Set<String> epochs() {
        var all = new HashSet<>(firstEpoch);
        ground.backs().forEach(back -> all.add(back.epoch()));
        return all;
    }

    private void ledgerExplainsStock() throws SQLException {
        none("stock whose ledger gives another sum or another number of movements", """
                SELECT stock.sku, on_hand, version, m.* FROM stock
                LEFT JOIN (SELECT sku, location, sum(delta) AS sum, count(*) AS movements FROM stock_movement GROUP BY sku, location) AS m
                  ON m.sku = stock.sku AND m.location = stock.location
                WHERE on_hand <> coalesce(sum, 0) OR version <> 1 + coalesce(movements, 0)
                """);
        none("movements out of order", """
                SELECT * FROM (SELECT sku, seq, on_hand, version, 1 + row_number() OVER ledger AS n, sum(delta) OVER ledger AS sum
                               FROM stock_movement WINDOW ledger AS (PARTITION BY sku, location ORDER BY seq)) AS m
                WHERE version <> n OR on_hand <> sum
                """);
        none("counts that moved the same stock twice", """
                SELECT reference, sku, count(*) FROM stock_movement WHERE reason = 'sync' GROUP BY reference, sku, location HAVING count(*) > 1
                """);
    }

    /** What was acknowledged is there once, or was lost when the database went back; nothing is there that nobody was told of. */
    private void promisesAreKept() throws SQLException {
        var news = ground.backs().subList(backs, ground.backs().size());
        backs = ground.backs().size();
        for (var kind : Kind.values()) {
            var found = found(kind);
            assertThat(found.entrySet())
                    .as("%s: there more than once", kind)
                    .allSatisfy(each ->
                            assertThat(each.getValue()).as(each.getKey()).isEqualTo(1));
            var broken = new ArrayList<String>();
            shop.promises().of(kind).forEach((name, promise) -> {
                if (found.containsKey(name)) {
                    return;
                }
                if (mayBeLost(promise, news)) {
                    shop.promises().lost(kind, name);
                } else {
                    broken.add(name);
                }
            });
            assertThat(broken).as("%s: acknowledged and not there", kind).isEmpty();
            assertThat(found.keySet().stream().filter(name -> !isExplained(kind, name)))
                    .as("%s: there and not acknowledged", kind)
                    .isEmpty();
        }
    }

    private boolean isExplained(Kind kind, String name) {
        var refusal = shop.promises().refusal(name);
        return shop.promises().mayBe(kind, name) || refusal != null && mayBeLost(refusal, ground.backs());
    }

    /** It may have been committed just before the database was restored, and answered just after. */
    private static boolean mayBeLost(Promises.Promise promise, List<Ground.GoneBack> backs) {
        return backs.stream()
                .anyMatch(back -> promise.asked() <= back.restored() && promise.answered() >= back.snapshot());
    }

    private Map<String, Integer> found(Kind kind) throws SQLException {
        var found = new HashMap<String, Integer>();
        try (var database = ground.database();
                var statement = database.createStatement();
                var rows = statement.executeQuery(kind.query)) {
            while (rows.next()) {
                found.put(rows.getString(1), rows.getInt(2));
            }
        }
        return found;
    }

    /** What durable handlers have made of the feed is what anew they would make of it, in PostgreSQL and in Redis; jobs have ended once. */
    private void everythingDerivedIsComplete() throws SQLException {
        none("histories and events that do not belong together", """
                SELECT h.sku, h.position, event.position FROM product_history AS h
                FULL JOIN (SELECT * FROM event WHERE type LIKE 'product.%') AS event ON event.position = h.position
                WHERE h.position IS NULL OR event.position IS NULL OR event.subject <> h.sku
                  OR (event.payload ->> 'version')::bigint <> h.version
                """);
        none("events that no handler took", "SELECT handler, position, error FROM dead_letter");
        none("jobs that did not end well", """
                SELECT id, state, attempt, errors FROM job WHERE kind = 'queue.probe' AND (state <> 'completed' OR (result ->> 'token')::bigint <> token)
                """);
        var stocks = rows("SELECT sku, on_hand FROM stock WHERE location = 'main'");
        await("levels in Redis are those of PostgreSQL").atMost(SETTLED).untilAsserted(() -> {
            for (var stock : stocks) {
                assertThat(ground.cluster().redisField("pms-events:stock:" + stock.get(0), "main"))
                        .as("level of %s", stock.get(0))
                        .isEqualTo(stock.get(1));
            }
        });
    }

    /** Every event once and in order since the last check, or since a reset; and no reset but that of a database that has gone back. */
    private void subscribersHaveAll() throws SQLException {
        long head = ground.number("SELECT head FROM feed_head");
        var allowed = epochs();
        for (var follower : ground.followers()) {
            await("%s is at the head %d, in the present epoch".formatted(follower, head))
                    .atMost(SETTLED)
                    .untilAsserted(() -> {
                        assertThat(follower.faults()).as("%s", follower).isEmpty();
                        if (!ground.backs().isEmpty()) {
                            assertThat(follower.epochs()).contains(ground.epoch());
                        }
                        assertThat(follower.position()).isEqualTo(head);
                    });
            assertThat(allowed).as("%s: epochs of resets", follower).containsAll(follower.epochs());
            var told = follower.takeTold();
            if (told.from() != null) {
                var stored = new HashMap<Long, String>();
                rows("SELECT position, id FROM event WHERE position >= " + told.from())
                        .forEach(row -> stored.put(Long.valueOf(row.get(0)), row.get(1)));
                assertThat(told.ids()).as("what %s was told", follower).isEqualTo(stored);
            }
        }
    }

    /** What each replica answers, from its cache or not, is what the database has. */
    private void answersAreCurrent() throws Exception {
        for (var row :
                rows("SELECT stock.sku, on_hand, stock.version, product.version FROM stock JOIN product USING (sku)")) {
            var sku = row.get(0);
            for (var member : ground.fleet().members()) {
                await("what %s answers about %s is current".formatted(member, sku))
                        .atMost(SETTLED)
                        .untilAsserted(() -> {
                            var stock = read(member, Client.stockPath(sku));
                            assertThat(stock.number("onHand")).isEqualTo(Long.parseLong(row.get(1)));
                            assertThat(stock.number("version")).isEqualTo(Long.parseLong(row.get(2)));
                            var product = read(member, Client.path(sku));
                            assertThat(product.number("version")).isEqualTo(Long.parseLong(row.get(3)));
                        });
            }
        }
    }

    private Caller.Answer read(Fleet.Member member, String path) throws InterruptedException {
        var answer = ground.caller()
                .askOnce(member.address(), new Call("GET", path, null, "viewer", null, null, TraceId.random()), 1);
        assertThat(answer).as("%s answers", member).isNotNull();
        assertThat(answer.status()).as("%s", answer).isEqualTo(200);
        return answer;
    }

    /** Connections, transactions and memory are as before the fault. */
    private void nothingIsUsedUp() throws IOException {
        await("connections to PostgreSQL are as many as replicas may have")
                .atMost(SETTLED)
                .until(() -> ground.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
                        <= Fleet.SIZE * POOL + OTHER_CONNECTIONS);
        await("no transaction is left open by a replica")
                .atMost(SETTLED)
                .until(() -> ground.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                + " AND state LIKE 'idle in transaction%' AND xact_start < now() - interval '10 s'")
                        == 0);
        assertThat(ground.fleet().logged("OutOfMemoryError")).isEmpty();
        if (!Replica.isNative()) {
            for (var member : ground.fleet().members()) {
                await("the memory of %s is back".formatted(member))
                        .atMost(SETTLED)
                        .until(() -> inUse(member.replica()) < MOST_IN_USE);
            }
        }
    }

    private long inUse(Replica replica) {
        long bytes = replica.liveBytes();
        mostInUse = Math.max(mostInUse, bytes);
        return bytes;
    }

    /** The most that a replica had in use of its heap after a fault, in bytes. */
    long mostInUse() {
        return mostInUse;
    }

    /** At the very end. */
    void everyReplicaWorks() throws InterruptedException {
        for (var member : ground.fleet().members()) {
            assertThat(ground.shop().works(member.address(), ThreadLocalRandom.current()))
                    .as("%s", member)
                    .isTrue();
        }
    }

    private void none(String what, String query) throws SQLException {
        assertThat(rows(query)).as(what).isEmpty();
    }

    private List<List<String>> rows(String query) throws SQLException {
        var found = new ArrayList<List<String>>();
        try (var database = ground.database();
                var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            int columns = rows.getMetaData().getColumnCount();
            while (rows.next()) {
                var row = new ArrayList<String>();
                for (int i = 1; i <= columns; i++) {
                    row.add(String.valueOf(rows.getString(i)));
                }
                found.add(row);
            }
        }
        return found;
    }
}
