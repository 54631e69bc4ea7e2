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
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.idempotency.IdempotencyTable;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.platform.json.JsonText;

/** The SQL that creates and updates products: with their stock, events and stored answers, in one statement. */
@ApplicationScoped
public class ProductChangeTable {
    /**
     * A product of version 1 is created unless its SKU exists, one of version n + 1 replaces version n unless it is another version by now, or
     * somebody else holds its row. Rows are locked and inserted in one order, keys after them, otherwise two statements could deadlock; a
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
                                   (SELECT $16::bytea[]), (SELECT $17::bytea[]))
                WITH ORDINALITY AS lines (sku, version, name, description, amount, currency, tags, attributes, changed_at,
                                          event_id, type, actor, trace_id, occurred_at, payload, scope, fingerprint, n)),
            held AS MATERIALIZED (
              SELECT wanted.* FROM (SELECT * FROM given WHERE version > 1 ORDER BY sku COLLATE "C" LIMIT (SELECT 1000)) AS wanted
              CROSS JOIN LATERAL (
                SELECT FROM product WHERE product.sku = wanted.sku AND product.version = wanted.version - 1
                FOR NO KEY UPDATE SKIP LOCKED) AS free),
            created AS (
              INSERT INTO product (sku, name, description, price_amount, price_currency, tags, attributes, status, version, created_at, updated_at)
              SELECT sku, name, description, amount, currency, tags::text[], attributes::json, 'draft', 1, changed_at, changed_at
              FROM given WHERE version = 1 ORDER BY sku COLLATE "C"
              ON CONFLICT (sku) DO NOTHING
              RETURNING sku),
            opened AS (
              INSERT INTO stock (sku, location) SELECT sku, '%3$s' FROM created),
            updated AS (
              UPDATE product
              SET name = held.name, description = held.description, price_amount = held.amount, price_currency = held.currency,
                  tags = held.tags::text[], attributes = held.attributes::json, version = held.version, updated_at = held.changed_at
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
     * Writes products, of which those that are new become drafts and the others keep their status. The payload of an event is also the
     * answer that is stored.
     *
     * @param writes of different SKUs
     * @return the SKUs that were written
     * @throws org.pmsevents.http.idempotency.KeyTakenException if an answer is stored under one of the keys already
     */
    Uni<Set<String>> change(SqlClient client, List<ProductWriter.Write> writes) {
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
        var of = new Columns(writes);
        return Tuple.from(Arrays.asList(
                of.each(String[]::new, ProductWriter.Write::sku),
                of.each(Long[]::new, each -> each.product().version()),
                of.draft(String[]::new, ProductDraft::name),
                of.draft(String[]::new, ProductDraft::description),
                of.draft(BigDecimal[]::new, draft -> draft.price().amount()),
                of.draft(String[]::new, draft -> draft.price().currency()),
                of.draft(String[]::new, draft -> arrayLiteral(draft.tags())),
                of.draft(String[]::new, draft -> JsonText.of(draft.attributes())),
                of.each(OffsetDateTime[]::new, each -> utc(each.product().updatedAt())),
                of.each(UUID[]::new, each -> each.event().metadata().id()),
                of.each(String[]::new, each -> each.event().type().wireName()),
                of.each(String[]::new, each -> each.event().metadata().actor()),
                of.each(String[]::new, each -> each.event().metadata().traceId()),
                of.each(
                        OffsetDateTime[]::new,
                        each -> utc(each.event().metadata().timestamp())),
                of.each(String[]::new, each -> each.event().payload()),
                of.key(IdempotencyKey::scope),
                of.key(IdempotencyKey::fingerprint)));
    }

    private record Columns(List<ProductWriter.Write> writes) {
        <T> T[] each(IntFunction<T[]> array, Function<ProductWriter.Write, @Nullable T> value) {
            return writes.stream().map(value).toArray(array);
        }

        <T> T[] draft(IntFunction<T[]> array, Function<ProductDraft, @Nullable T> value) {
            return each(array, write -> value.apply(write.product().draft()));
        }

        Buffer[] key(Function<IdempotencyKey, Buffer> part) {
            return each(Buffer[]::new, write -> write.key() == null ? null : part.apply(write.key()));
        }
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    /** An array of arrays of different lengths can't be sent, an array of their texts can. */
    private static String arrayLiteral(List<String> texts) {
        return texts.stream()
                .map(text -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
                .collect(Collectors.joining(",", "{", "}"));
    }
}
