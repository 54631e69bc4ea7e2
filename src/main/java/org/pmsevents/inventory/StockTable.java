package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.ListQuery;

/** The SQL of stock rows and locations, except changes of {@code on_hand}: see {@code StockChangeTable}. */
@ApplicationScoped
public class StockTable {
    private static final String COLUMNS = "sku, location, on_hand, threshold, low, version, updated_at";

    private static final String FIND = "SELECT " + COLUMNS + " FROM stock WHERE sku = $1 AND location = $2";

    private static final String LOCK = FIND + " FOR NO KEY UPDATE";

    /** A row for each that was asked for; whether the product exists is looked up only where it has no stock at the location. */
    private static final String FIND_ALL = """
            SELECT given.sku AS asked_sku, given.location AS asked_location, found.*,
                   found.sku IS NOT NULL OR (SELECT true FROM stock AS s WHERE s.sku = given.sku LIMIT 1) IS NOT NULL AS is_product
            FROM unnest($1::text[], $2::text[]) AS given (sku, location)
            LEFT JOIN LATERAL (
              SELECT %s FROM stock WHERE stock.sku = given.sku AND stock.location = given.location LIMIT 1) AS found ON true
            """.formatted(COLUMNS);

    private static final String FIND_EVERYWHERE = "SELECT " + COLUMNS + " FROM stock WHERE sku = $1 ORDER BY location";

    private static final String EXISTS = "SELECT FROM stock WHERE sku = $1 LIMIT 1";

    private static final String LIST = "SELECT " + COLUMNS + " FROM stock";

    /** Creates the first row of a product, in the transaction that creates the product. */
    /** A SKU without any row of stock has no product. Rows are inserted in one order to avoid deadlocks. */
    private static final String OPEN = """
            WITH wanted AS MATERIALIZED (
              SELECT DISTINCT sku, location FROM unnest($1::text[], $2::text[]) AS given (sku, location)
              WHERE (SELECT true FROM stock WHERE stock.sku = given.sku LIMIT 1)),
            named AS (
              INSERT INTO location (location) SELECT DISTINCT location FROM wanted ORDER BY location ON CONFLICT DO NOTHING)
            INSERT INTO stock (sku, location) SELECT sku, location FROM wanted ORDER BY sku, location ON CONFLICT DO NOTHING
            """;

    private static final String EXISTING = """
            SELECT sku, location FROM unnest($1::text[], $2::text[]) AS given (sku, location)
            WHERE (SELECT true FROM stock AS s WHERE s.sku = given.sku AND s.location = given.location)
            """;

    /** Returns the payload of the inventory.alert as {@code alert} if the new threshold makes the stock low. */
    private static final String SET_THRESHOLD = """
            UPDATE stock SET threshold = $3::bigint, low = change.low, version = stock.version + 1, updated_at = clock_timestamp()
            FROM stock AS before
            JOIN product ON product.sku = before.sku
            CROSS JOIN LATERAL stock_change(before.on_hand, before.version, before.low,
                                            CASE WHEN product.status <> 'archived' THEN $3::bigint END, true, 0, NULL, NULL) AS change
            WHERE stock.sku = $1 AND stock.location = $2 AND before.sku = $1 AND before.location = $2
            RETURNING stock.*, CASE WHEN change.alerts THEN stock_alert(stock.sku, stock.location, stock.on_hand, stock.threshold)::text END AS alert
            """;

    /** Stock of an archived product is never low. Rows are locked in the order that is used everywhere for stock. */
    private static final String RETIRE = """
            WITH held AS MATERIALIZED (
              SELECT was.* FROM (SELECT sku FROM unnest($1::text[]) AS given (sku) ORDER BY sku COLLATE "C" LIMIT (SELECT 1000)) AS retired
              CROSS JOIN LATERAL (
                SELECT sku, location FROM stock WHERE stock.sku = retired.sku AND low ORDER BY location FOR NO KEY UPDATE) AS was)
            UPDATE stock SET low = false FROM held WHERE stock.sku = held.sku AND stock.location = held.location
            """;

    /** One row for all replicas: it is held by the one that looks, and says how far the round has come. */
    private static final String CLAIM_CHECK = """
            SELECT sku, location FROM stock_check
            WHERE sku IS NOT NULL OR begun_at <= clock_timestamp() - $1 * interval '1 millisecond'
            FOR UPDATE SKIP LOCKED
            """;

    /** Plans are kept, so they must be right for a table of any size: the primary key is read in its order. */
    private static final String CHECK_PLANS = """
            SET LOCAL jit = off; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
            SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off
            """;

    /**
     * Corrects stock that became low, or is no longer low, without a movement, such as that of a product that was restored, in the
     * next page of the primary key, and leaves the place where the next page begins. Skips locked rows: the next round corrects
     * them.
     */
    private static final String CORRECT_LOW = """
            WITH page AS MATERIALIZED (
              SELECT sku, location, low <> (stock_is_low(on_hand, threshold)
                                               AND (SELECT p.status FROM product AS p WHERE p.sku = stock.sku) <> 'archived') AS misjudged
              FROM stock
              WHERE (sku, location) > ($1, $2) ORDER BY sku, location LIMIT %1$d),
            chosen AS MATERIALIZED (SELECT sku, location FROM page WHERE misjudged ORDER BY sku, location LIMIT %2$d),
            reached AS (
              SELECT sku, location FROM (SELECT * FROM chosen ORDER BY sku DESC, location DESC LIMIT 1) AS last
              WHERE (SELECT count(*) FROM chosen) = %2$d
              UNION ALL
              SELECT sku, location FROM (SELECT * FROM page ORDER BY sku DESC, location DESC LIMIT 1) AS last
              WHERE (SELECT count(*) FROM chosen) < %2$d AND (SELECT count(*) FROM page) = %1$d),
            moved_on AS (
              UPDATE stock_check SET sku = (SELECT sku FROM reached), location = (SELECT location FROM reached),
                                     begun_at = CASE WHEN $1 = '' THEN clock_timestamp() ELSE begun_at END WHERE single),
            misjudged AS MATERIALIZED (
              SELECT s.sku, s.location FROM stock AS s JOIN chosen ON s.sku = chosen.sku AND s.location = chosen.location
              WHERE s.low <> (stock_is_low(s.on_hand, s.threshold)
                              AND (SELECT p.status FROM product AS p WHERE p.sku = s.sku) <> 'archived')
              ORDER BY s.sku, s.location FOR NO KEY UPDATE OF s SKIP LOCKED),
            corrected AS (
              UPDATE stock SET low = NOT stock.low FROM misjudged
              WHERE stock.sku = misjudged.sku AND stock.location = misjudged.location
              RETURNING stock.*)
            SELECT *, CASE WHEN low THEN stock_alert(sku, location, on_hand, threshold)::text END AS alert,
                   EXISTS (SELECT FROM reached) AS more
            FROM (SELECT 1) AS one LEFT JOIN corrected ON true ORDER BY sku, location
            """.formatted(2_000, 200);

    private static final String SET_LOCATION = """
            INSERT INTO location (location, backorders) VALUES ($1, $2)
            ON CONFLICT (location) DO UPDATE SET backorders = excluded.backorders, updated_at = now()
            RETURNING xmax <> 0 AS existed
            """;

    private static final String COUNT_LOW = "SELECT count(*) AS low FROM stock WHERE low";

    private static final String FIND_LOCATION = "SELECT backorders FROM location WHERE location = $1";

    public Uni<Optional<Stock>> find(SqlClient client, StockKey key) {
        return client.preparedQuery(FIND)
                .execute(Tuple.of(key.sku(), key.location()))
                .map(StockTable::first);
    }

    /**
     * What there is under a key.
     *
     * @param stock null if the product has none there, or does not exist
     * @param isProduct whether the product exists
     */
    public record Found(StockKey key, @Nullable Stock stock, boolean isProduct) {}

    /** Finds the rows of several keys; returns one for each, in any order. */
    public Uni<List<Found>> findAll(SqlClient client, Collection<StockKey> keys) {
        return client.preparedQuery(FIND_ALL).execute(columns(keys)).map(rows -> {
            var found = new ArrayList<Found>(rows.size());
            rows.forEach(row -> found.add(new Found(
                    new StockKey(row.getString("asked_sku"), row.getString("asked_location")),
                    row.getString("sku") == null ? null : stock(row),
                    row.getBoolean("is_product"))));
            return found;
        });
    }

    /** Returns all stock of a product, in the order of locations; none if there is no such product. */
    public Uni<List<Stock>> findEverywhere(SqlClient client, String sku) {
        return client.preparedQuery(FIND_EVERYWHERE).execute(Tuple.of(sku)).map(StockTable::all);
    }

    /** Finds the row and locks it until the transaction ends. */
    public Uni<Optional<Stock>> lock(SqlClient transaction, StockKey key) {
        return transaction
                .preparedQuery(LOCK)
                .execute(Tuple.of(key.sku(), key.location()))
                .map(StockTable::first);
    }

    /** Returns whether the product exists: every product has a row of stock from its creation. */
    public Uni<Boolean> exists(SqlClient client, String sku) {
        return client.preparedQuery(EXISTS).execute(Tuple.of(sku)).map(found -> found.size() > 0);
    }

    /** Lists stock in the order of SKU and location. */
    public Uni<List<Stock>> list(
            SqlClient client, @Nullable StockKey after, @Nullable String location, boolean low, int limit) {
        var query = ListQuery.of(LIST);
        if (after != null && location == null) {
            query.where("(sku, location) > (?, ?)", after.sku(), after.location());
        } else if (after != null) {
            // the index of a location is by SKU
            query.where("sku >= ? AND (sku, location) > (?, ?)", after.sku(), after.sku(), after.location());
        }
        return filtered(query, location, low)
                .end("ORDER BY sku, location LIMIT ?", limit)
                .execute(client)
                .map(StockTable::all);
    }

    /** All stock in the order of SKU and location, each a row for {@link #stock}. */
    public ListQuery all(@Nullable String location, boolean low) {
        return filtered(ListQuery.of(LIST), location, low).end("ORDER BY sku, location");
    }

    private static ListQuery filtered(ListQuery query, @Nullable String location, boolean low) {
        return query.when(location != null, "location = ?", location).when(low, "low");
    }

    /** Creates missing rows, at 0, and missing locations for products that exist; returns the number of new rows. */
    Uni<Integer> open(SqlClient client, Collection<StockKey> keys) {
        return client.preparedQuery(OPEN).execute(columns(keys)).map(opened -> opened.rowCount());
    }

    /** Returns those of the rows that exist. */
    Uni<List<StockKey>> existing(SqlClient client, Collection<StockKey> keys) {
        return client.preparedQuery(EXISTING).execute(columns(keys)).map(rows -> {
            var existing = new ArrayList<StockKey>(rows.size());
            rows.forEach(row -> existing.add(key(row)));
            return existing;
        });
    }

    /** No stock of the products, 1,000 at most, is low any more; returns how many were. */
    public Uni<Integer> retire(SqlClient transaction, Collection<String> skus) {
        return transaction
                .preparedQuery(RETIRE)
                .execute(Tuple.of(skus.toArray(String[]::new)))
                .map(updated -> updated.rowCount());
    }

    /** Sets the threshold, or removes it if null. The row must be locked. */
    public Uni<JudgedStock> setThreshold(SqlClient transaction, StockKey key, @Nullable Long threshold) {
        return transaction
                .preparedQuery(SET_THRESHOLD)
                .execute(Tuple.of(key.sku(), key.location(), threshold))
                .map(updated -> judged(updated.iterator().next()));
    }

    /**
     * A page of the check of low stock.
     *
     * @param corrected stocks that became low or are no longer low
     * @param isLast whether the round is complete, or this replica has nothing to look at
     */
    public record CheckedPage(List<JudgedStock> corrected, boolean isLast) {}

    /**
     * Looks at the next page of all stock and corrects wrong values of {@code low}. All replicas share the round: one looks at a time, and
     * the next round begins when {@code period} has passed since the last one began.
     */
    public Uni<CheckedPage> correctLow(SqlClient transaction, Duration period) {
        return transaction
                .query(CHECK_PLANS)
                .execute()
                .chain(() -> transaction.preparedQuery(CLAIM_CHECK).execute(Tuple.of((double) period.toMillis())))
                .chain(claimed -> {
                    for (var row : claimed) {
                        return correctLow(transaction, row);
                    }
                    return Uni.createFrom().item(new CheckedPage(List.of(), true));
                });
    }

    private static Uni<CheckedPage> correctLow(SqlClient transaction, Row after) {
        boolean first = after.getString("sku") == null;
        return transaction
                .preparedQuery(CORRECT_LOW)
                .execute(Tuple.of(first ? "" : after.getString("sku"), first ? "" : after.getString("location")))
                .map(rows -> {
                    var corrected = new ArrayList<JudgedStock>(rows.size());
                    boolean more = false;
                    for (var row : rows) {
                        more = row.getBoolean("more");
                        if (row.getString("sku") != null) {
                            corrected.add(judged(row));
                        }
                    }
                    return new CheckedPage(corrected, !more);
                });
    }

    /** Creates or changes a location; returns whether it existed. */
    public Uni<Boolean> setLocation(SqlClient client, String location, boolean backorders) {
        return client.preparedQuery(SET_LOCATION)
                .execute(Tuple.of(location, backorders))
                .map(rows -> rows.iterator().next().getBoolean("existed"));
    }

    public Uni<Long> countLow(SqlClient client) {
        return client.preparedQuery(COUNT_LOW)
                .execute()
                .map(rows -> rows.iterator().next().getLong("low"));
    }

    /** Returns whether stock at the location may go below zero; empty if the location does not exist. */
    public Uni<Optional<Boolean>> findLocation(SqlClient client, String location) {
        return client.preparedQuery(FIND_LOCATION).execute(Tuple.of(location)).map(rows -> {
            for (var row : rows) {
                return Optional.of(row.getBoolean("backorders"));
            }
            return Optional.empty();
        });
    }

    private static Tuple columns(Collection<StockKey> keys) {
        return Tuple.of(
                keys.stream().map(StockKey::sku).toArray(String[]::new),
                keys.stream().map(StockKey::location).toArray(String[]::new));
    }

    private static Optional<Stock> first(RowSet<Row> rows) {
        for (var row : rows) {
            return Optional.of(stock(row));
        }
        return Optional.empty();
    }

    private static List<Stock> all(RowSet<Row> rows) {
        var stocks = new ArrayList<Stock>(rows.size());
        rows.forEach(row -> stocks.add(stock(row)));
        return stocks;
    }

    private static StockKey key(Row row) {
        return new StockKey(row.getString("sku"), row.getString("location"));
    }

    private static JudgedStock judged(Row row) {
        return new JudgedStock(stock(row), row.getString("alert"));
    }

    public static Stock stock(Row row) {
        return new Stock(
                key(row),
                row.getLong("on_hand"),
                row.getLong("threshold"),
                row.getBoolean("low"),
                row.getLong("version"),
                row.getOffsetDateTime("updated_at").toInstant());
    }
}
