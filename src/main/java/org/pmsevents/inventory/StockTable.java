package org.pmsevents.inventory;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The SQL of stock rows and locations, except changes of {@code on_hand}: see {@code StockChangeTable}. */
@ApplicationScoped
public class StockTable {
    private static final String COLUMNS = "sku, location, on_hand, threshold, low, version, updated_at";

    private static final String FIND = "SELECT " + COLUMNS + " FROM stock WHERE sku = $1 AND location = $2";

    private static final String LOCK = FIND + " FOR NO KEY UPDATE";

    private static final String EXISTS = "SELECT FROM stock WHERE sku = $1 LIMIT 1";

    private static final String LIST = """
            SELECT %s FROM stock
            WHERE ($1::text IS NULL OR (sku, location) > ($1, $2))
              AND ($3::text IS NULL OR location = $3)
              AND (NOT $4 OR low)
            ORDER BY sku, location LIMIT $5
            """.formatted(COLUMNS);

    /** Creates the first row of a product, in the transaction that creates the product. */
    private static final String CREATE = "INSERT INTO stock (sku, location) VALUES ($1, $2)";

    /** A SKU without any row of stock has no product. Rows are inserted in one order to avoid deadlocks. */
    private static final String OPEN = """
            WITH wanted AS MATERIALIZED (
              SELECT DISTINCT sku, location FROM unnest($1::text[], $2::text[]) AS given (sku, location)
              WHERE EXISTS (SELECT FROM stock WHERE stock.sku = given.sku)),
            named AS (
              INSERT INTO location (location) SELECT DISTINCT location FROM wanted ORDER BY location ON CONFLICT DO NOTHING)
            INSERT INTO stock (sku, location) SELECT sku, location FROM wanted ORDER BY sku, location ON CONFLICT DO NOTHING
            """;

    private static final String EXISTING = """
            SELECT sku, location FROM unnest($1::text[], $2::text[]) AS given (sku, location)
            JOIN stock USING (sku, location)
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
              SELECT sku, location FROM stock WHERE sku = $1 AND low ORDER BY sku, location FOR NO KEY UPDATE)
            UPDATE stock SET low = false FROM held WHERE stock.sku = held.sku AND stock.location = held.location
            """;

    /**
     * Corrects stock that became low, or is no longer low, without a movement, such as that of a product that was restored. Skips
     * locked rows: the next run corrects them.
     */
    private static final String CORRECT_LOW = """
            WITH misjudged AS MATERIALIZED (
              SELECT sku, location FROM stock
              WHERE low <> (stock_is_low(on_hand, threshold) AND sku NOT IN (SELECT sku FROM product WHERE status = 'archived'))
              ORDER BY sku, location LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED),
            corrected AS (
              UPDATE stock SET low = NOT stock.low FROM misjudged
              WHERE stock.sku = misjudged.sku AND stock.location = misjudged.location
              RETURNING stock.*)
            SELECT *, CASE WHEN low THEN stock_alert(sku, location, on_hand, threshold)::text END AS alert
            FROM corrected ORDER BY sku, location
            """;

    private static final String SET_LOCATION = """
            INSERT INTO location (location, backorders) VALUES ($1, $2)
            ON CONFLICT (location) DO UPDATE SET backorders = excluded.backorders, updated_at = now()
            """;

    private static final String COUNT_LOW = "SELECT count(*) AS low FROM stock WHERE low";

    private static final String FIND_LOCATION = "SELECT backorders FROM location WHERE location = $1";

    public Uni<Optional<Stock>> find(SqlClient client, StockKey key) {
        return client.preparedQuery(FIND)
                .execute(Tuple.of(key.sku(), key.location()))
                .map(StockTable::first);
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
        return client.preparedQuery(LIST)
                .execute(Tuple.of(
                        after == null ? null : after.sku(),
                        after == null ? null : after.location(),
                        location,
                        low,
                        limit))
                .map(StockTable::all);
    }

    /** Creates the row of a new product. */
    public Uni<Void> create(SqlClient transaction, StockKey key) {
        return transaction
                .preparedQuery(CREATE)
                .execute(Tuple.of(key.sku(), key.location()))
                .replaceWithVoid();
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

    /** No stock of the product is low any more; returns how many were. */
    public Uni<Integer> retire(SqlClient transaction, String sku) {
        return transaction.preparedQuery(RETIRE).execute(Tuple.of(sku)).map(updated -> updated.rowCount());
    }

    /** Sets the threshold, or removes it if null. The row must be locked. */
    public Uni<JudgedStock> setThreshold(SqlClient transaction, StockKey key, @Nullable Long threshold) {
        return transaction
                .preparedQuery(SET_THRESHOLD)
                .execute(Tuple.of(key.sku(), key.location(), threshold))
                .map(updated -> judged(updated.iterator().next()));
    }

    /** Corrects wrong values of {@code low}, of at most {@code limit} stocks. */
    public Uni<List<JudgedStock>> correctLow(SqlClient transaction, int limit) {
        return transaction.preparedQuery(CORRECT_LOW).execute(Tuple.of(limit)).map(rows -> {
            var corrected = new ArrayList<JudgedStock>(rows.size());
            rows.forEach(row -> corrected.add(judged(row)));
            return corrected;
        });
    }

    public Uni<Void> setLocation(SqlClient client, String location, boolean backorders) {
        return client.preparedQuery(SET_LOCATION)
                .execute(Tuple.of(location, backorders))
                .replaceWithVoid();
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

    private static Stock stock(Row row) {
        return new Stock(
                key(row),
                row.getLong("on_hand"),
                row.getLong("threshold"),
                row.getBoolean("low"),
                row.getLong("version"),
                row.getOffsetDateTime("updated_at").toInstant());
    }
}
