package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.idempotency.IdempotencyTable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.json.JsonText;

/** The SQL that creates and updates products: with their stock, events and stored answers, in one statement. */
@ApplicationScoped
public class ProductChangeTable {
    /**
     * There is a line for each event; the last one of a SKU has the product. One whose version before is 0 is created unless its SKU exists,
     * any other replaces that version unless it is another version by now, or somebody else holds its row. Rows are locked and inserted in one order, keys after them, otherwise two statements could deadlock; a
     * SKU that somebody else is inserting is waited for. All of that is done before the first event is inserted, which gives it its order.
     * The arrays are in sub-selects to hide their lengths from the planner, which would plan again for each length. The limit
     * is a sub-select, for which it expects one row, and looks up each product by its key, however small the table is.
     */
    private static final String CHANGE =
            """
            WITH given AS MATERIALIZED (
              SELECT * FROM unnest((SELECT $1::text[]), (SELECT $2::bigint[]), (SELECT $3::text[]), (SELECT $4::text[]),
                                   (SELECT $5::numeric[]), (SELECT $6::text[]), (SELECT $7::text[]), (SELECT $8::text[]),
                                   (SELECT $9::timestamptz[]), (SELECT $10::uuid[]), (SELECT $11::text[]), (SELECT $12::text[]),
                                   (SELECT $13::text[]), (SELECT $14::timestamptz[]), (SELECT $15::text[]),
                                   (SELECT $16::bytea[]), (SELECT $17::bytea[]), (SELECT $18::bigint[]), (SELECT $19::text[]),
                                   (SELECT $20::timestamptz[]), (SELECT $21::timestamptz[]))
                WITH ORDINALITY AS lines (sku, version, name, description, amount, currency, tags, attributes, changed_at,
                                          event_id, type, actor, trace_id, occurred_at, payload, scope, fingerprint, before, status,
                                          created_at, published_at, n)),
            held AS MATERIALIZED (
              SELECT wanted.* FROM (SELECT * FROM given WHERE before > 0 ORDER BY sku COLLATE "C" LIMIT (SELECT 1000)) AS wanted
              CROSS JOIN LATERAL (
                SELECT FROM product WHERE product.sku = wanted.sku AND product.version = wanted.before
                FOR NO KEY UPDATE SKIP LOCKED) AS free),
            created AS (
              INSERT INTO product (sku, name, description, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at,
                                   published_at)
              SELECT sku, name, description, amount, currency, tags::text[], attributes::json, status, version, created_at, changed_at,
                     published_at
              FROM given WHERE before = 0 ORDER BY sku COLLATE "C"
              ON CONFLICT (sku) DO NOTHING
              RETURNING sku),
            opened AS (
              INSERT INTO stock (sku, location) SELECT sku, '%3$s' FROM created),
            updated AS (
              UPDATE product
              SET name = held.name, description = held.description, price_amount = held.amount, price_currency = held.currency,
                  tags = held.tags::text[], attributes = held.attributes::json, status = held.status, version = held.version, updated_at = held.changed_at,
                  published_at = held.published_at
              FROM held WHERE product.sku = held.sku
              RETURNING product.sku),
            written AS MATERIALIZED (SELECT sku FROM created UNION ALL SELECT sku FROM updated),
            told AS (
              %1$s
              SELECT event_id, type, sku, actor, trace_id, occurred_at, payload::json
              FROM given WHERE sku IN (SELECT sku FROM written) ORDER BY n),
            stored AS (
              %2$s
              SELECT scope, fingerprint, false, payload::json, trace_id
              FROM given WHERE scope IS NOT NULL AND sku IN (SELECT sku FROM written) ORDER BY scope)
            SELECT sku FROM written
            """.formatted(EventTable.INSERT_INTO, IdempotencyTable.INSERT_INTO, StockKey.MAIN);

    /**
     * Writes products. The payload of the last event of each is also the answer that is stored.
     *
     * @param writes of different SKUs, 1,000 at most
     * @return the SKUs that were written
     * @throws org.pmsevents.http.idempotency.KeyTakenException if an answer is stored under one of the keys already
     */
    public Uni<Set<String>> change(SqlClient client, List<ProductWriter.Write> writes) {
        return client.preparedQuery(CHANGE)
                .execute(parameters(writes))
                .onFailure()
                .transform(IdempotencyTable::translated)
                .map(rows -> {
                    var written = new HashSet<String>();
                    rows.forEach(row -> written.add(row.getString(0)));
                    return written;
                });
    }

    /** One array for each column. */
    private static Tuple parameters(List<ProductWriter.Write> writes) {
        var of = new Columns(writes.stream().flatMap(Line::of).toList());
        return Tuple.from(Arrays.asList(
                of.each(String[]::new, line -> line.write().sku()),
                of.product(Long[]::new, Product::version),
                of.draft(String[]::new, ProductDraft::name),
                of.draft(String[]::new, ProductDraft::description),
                of.draft(BigDecimal[]::new, draft -> draft.price().amount()),
                of.draft(String[]::new, draft -> draft.price().currency()),
                of.draft(String[]::new, draft -> arrayLiteral(draft.tags())),
                of.draft(String[]::new, draft -> JsonText.of(draft.attributes())),
                of.product(OffsetDateTime[]::new, product -> utc(product.updatedAt())),
                of.each(UUID[]::new, line -> line.event().metadata().id()),
                of.each(String[]::new, line -> line.event().type().wireName()),
                of.each(String[]::new, line -> line.event().metadata().actor()),
                of.each(String[]::new, line -> line.event().metadata().traceId()),
                of.each(
                        OffsetDateTime[]::new,
                        line -> utc(line.event().metadata().timestamp())),
                of.each(String[]::new, line -> line.event().payload()),
                of.key(IdempotencyKey::scope),
                of.key(IdempotencyKey::fingerprint),
                of.last(Long[]::new, ProductWriter.Write::before),
                of.product(String[]::new, product -> product.status().wireName()),
                of.product(OffsetDateTime[]::new, product -> utc(product.createdAt())),
                of.product(OffsetDateTime[]::new, product -> utc(product.publishedAt()))));
    }

    /** An event of a product, and whether it is its last one. */
    private record Line(ProductWriter.Write write, EventMessage event, boolean last) {
        static Stream<Line> of(ProductWriter.Write write) {
            int last = write.events().size() - 1;
            return IntStream.rangeClosed(0, last)
                    .mapToObj(i -> new Line(write, write.events().get(i), i == last));
        }
    }

    private record Columns(List<Line> lines) {
        <T> T[] each(IntFunction<T[]> array, Function<Line, @Nullable T> value) {
            return lines.stream().map(value).toArray(array);
        }

        <T> T[] last(IntFunction<T[]> array, Function<ProductWriter.Write, @Nullable T> value) {
            return each(array, line -> line.last() ? value.apply(line.write()) : null);
        }

        <T> T[] product(IntFunction<T[]> array, Function<Product, @Nullable T> value) {
            return last(array, write -> value.apply(write.product()));
        }

        <T> T[] draft(IntFunction<T[]> array, Function<ProductDraft, @Nullable T> value) {
            return product(array, product -> value.apply(product.draft()));
        }

        Buffer[] key(Function<IdempotencyKey, Buffer> part) {
            return last(Buffer[]::new, write -> write.key() == null ? null : part.apply(write.key()));
        }
    }

    private static @Nullable OffsetDateTime utc(@Nullable Instant time) {
        return time == null ? null : time.atOffset(ZoneOffset.UTC);
    }

    /** An array of arrays of different lengths can't be sent, an array of their texts can. */
    private static String arrayLiteral(List<String> texts) {
        return texts.stream()
                .map(text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }
}
