package org.pmsevents.inventory.adjust;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.http.idempotency.IdempotencyTable;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.platform.database.ConflictException;

/** The SQL that changes {@code on_hand}. */
@ApplicationScoped
public class StockChangeTable {
    /**
     * Changes stock by any number of lines, in one statement and so in one transaction: rows, ledger, events and stored answers.
     *
     * <p>The rows are locked first, or those of them that nobody else has locked: of a SKU that is held by others, and of a request with
     * such a line, nothing is changed, so that the order of its lines holds. Stock is locked in the same order everywhere,
     * otherwise batches could deadlock. Then the lines of each stock are folded over its {@code on_hand}: each line is decided
     * after those before it. Stock of an archived product has no threshold here. The functions {@code stock_line} and {@code
     * stock_events} of the migrations decide what a line does to its stock and what its events contain. A line that is in the last count
     * of its stock already has two movements, each with its event: its own and the correction. Each row is updated once,
     * whatever the number of its lines, because {@code UPDATE … FROM} applies only one match for each row. All inserts are sorted,
     * so that no insert happens before the last row is locked: an insert gives an event its order, or locks a key. The arrays are
     * in sub-selects to hide their lengths from the planner. Otherwise it would plan again for each length, which takes longer than
     * the change. The plan is kept, perhaps since the tables were empty, so no join leaves a choice: each stock is looked up by its
     * key, one after the other in the order of the locks, and so are its location and its product.
     */
    private static final String TEMPLATE = """
            WITH RECURSIVE
            line AS MATERIALIZED (
              SELECT *, row_number() OVER (PARTITION BY sku, location ORDER BY n) AS k
              FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::bigint[]), (SELECT $4::bigint[]),
                          (SELECT $5::bigint[]), (SELECT $6::uuid[]), (SELECT $7::uuid[]), (SELECT $8::uuid[]),
                          (SELECT $9::text[]), (SELECT $10::text[]), (SELECT $11::text[]), (SELECT $12::text[]),
                          (SELECT $13::timestamptz[]), (SELECT $14::int[]), (SELECT $19::timestamptz[]),
                          (SELECT $20::uuid[]), (SELECT $21::uuid[]))
                WITH ORDINALITY AS given (sku, location, delta, target, expected, movement_id, event_id, alert_id,
                                          reason, reference, actor, trace_id, asked_at, request, occurred_at,
                                          correction_id, correction_event_id, n)),
            held AS MATERIALIZED (
              SELECT s.sku, s.location, s.on_hand::bigint AS on_hand, s.version, s.low, s.counted_at,
                     (SELECT l.backorders FROM location AS l WHERE l.location = s.location) AS backorders,
                     CASE WHEN (SELECT p.status FROM product AS p WHERE p.sku = s.sku) <> 'archived' THEN s.threshold END AS threshold
              FROM (SELECT sku, location FROM line GROUP BY sku, location
                    ORDER BY sku COLLATE "C", location COLLATE "C") AS wanted
              CROSS JOIN LATERAL (
                SELECT * FROM stock WHERE stock.sku = wanted.sku AND stock.location = wanted.location
                FOR NO KEY UPDATE %3$s) AS s),
            missing AS MATERIALIZED (
              SELECT DISTINCT sku, location FROM line
              WHERE NOT EXISTS (SELECT FROM held WHERE held.sku = line.sku AND held.location = line.location)),
            elsewhere AS MATERIALIZED (
              SELECT DISTINCT sku FROM missing
              WHERE (SELECT true FROM stock AS s WHERE s.sku = missing.sku AND s.location = missing.location)),
            fold AS (
              SELECT 0::bigint AS k, NULL::bigint AS n, sku, location, threshold, backorders,
                     0::bigint AS delta, on_hand, on_hand AS held, version, low, counted_at, NULL::text AS code, false AS alerts, false AS already
              FROM held
              UNION ALL
              SELECT line.k, line.n, f.sku, f.location, f.threshold, f.backorders,
                     change.delta, change.on_hand, f.held, change.version, change.low,
                     CASE WHEN change.code IS NULL AND line.target IS NOT NULL THEN greatest(f.counted_at, line.asked_at)
                          ELSE f.counted_at END,
                     change.code, change.alerts, change.already
              FROM fold AS f
              JOIN line ON line.sku = f.sku AND line.location = f.location AND line.k = f.k + 1
              CROSS JOIN LATERAL stock_line(f.on_hand, f.version, f.low, f.threshold, f.backorders,
                                            line.delta, line.target, line.expected, line.occurred_at, f.counted_at) AS change),
            verdict AS MATERIALIZED (
              SELECT line.*, fold.delta AS moved, fold.on_hand, fold.held, fold.version, fold.low, fold.alerts, fold.already, fold.threshold,
                     CASE WHEN line.sku IN (SELECT sku FROM elsewhere) THEN '%4$s'
                          WHEN fold.n IS NULL THEN 'product-not-found' ELSE fold.code END AS code
              FROM line LEFT JOIN fold ON fold.n = line.n
              ORDER BY line.n),
            applied AS MATERIALIZED (
              SELECT *, clock_timestamp() AS moved_at FROM verdict
              WHERE code IS NULL AND NOT ($15 AND EXISTS (SELECT FROM verdict WHERE code IS NOT NULL))
                AND request NOT IN (SELECT request FROM verdict WHERE code = '%4$s')
              ORDER BY n),
            step AS MATERIALIZED (
              SELECT applied.n, part.*, sku, location, reference, actor, trace_id, asked_at, moved_at, threshold, alert_id
              FROM applied
              CROSS JOIN LATERAL (
                SELECT 1 AS k, movement_id AS id, event_id, moved AS delta, reason, least(occurred_at, moved_at) AS occurred_at,
                       CASE WHEN already THEN on_hand + moved ELSE on_hand END AS on_hand,
                       CASE WHEN already THEN version - 1 ELSE version END AS version,
                       alerts AND NOT already AS alerts, CASE WHEN target IS NOT NULL THEN asked_at END AS counted_at
                UNION ALL
                SELECT 2, correction_id, correction_event_id, -moved, 'counted-already', NULL, on_hand, version, alerts, moved_at
                WHERE already) AS part
              ORDER BY applied.n, part.k),
            written AS (
              UPDATE stock SET on_hand = last.on_hand, version = last.version, low = last.low,
                               counted_at = greatest(stock.counted_at, last.counted_at),
                               updated_at = CASE WHEN stock.version = last.version THEN stock.updated_at ELSE last.moved_at END
              FROM (SELECT DISTINCT ON (sku, location) sku, location, on_hand, version, low, moved_at,
                           max(asked_at) FILTER (WHERE target IS NOT NULL) OVER (PARTITION BY sku, location) AS counted_at
                    FROM applied ORDER BY sku, location, n DESC) AS last
              WHERE stock.sku = last.sku AND stock.location = last.location),
            moved AS (
              INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, reference, actor, trace_id, moved_at, counted_at, occurred_at)
              SELECT id, event_id, sku, location, delta, on_hand, version, reason, reference, actor, trace_id, moved_at, counted_at, occurred_at
              FROM step WHERE delta <> 0 ORDER BY n, k),
            told AS (
              %1$s
              SELECT news.id, news.type, sku, actor, trace_id, asked_at, news.payload
              FROM step
              CROSS JOIN LATERAL stock_events(sku, location, delta, on_hand, version, reason, reference,
                                              step.id, event_id, alerts, threshold, alert_id) AS news
              ORDER BY n, k, news.type DESC),
            stored AS (
              %2$s
              SELECT scope, fingerprint, false, answers.answer, answers.trace_id
              FROM unnest((SELECT $16::int[]), (SELECT $17::bytea[]), (SELECT $18::bytea[])) AS given (request, scope, fingerprint)
              CROSS JOIN LATERAL (
                SELECT json_agg(json_build_object('code', code, 'delta', moved, 'onHand', on_hand, 'held', held, 'version', version,
                                                  'movementId', movement_id, 'eventId', event_id, 'already', already) ORDER BY n) AS answer, min(trace_id) AS trace_id
                FROM verdict WHERE verdict.request = given.request) AS answers
              WHERE given.request NOT IN (SELECT v.request FROM verdict AS v WHERE v.code = '%4$s')
              ORDER BY scope)
            SELECT code, moved, on_hand, held, version, alerts, already FROM verdict ORDER BY n
            """;

    /** Marks the lines of a SKU that others hold. Never an answer. */
    private static final String HELD = "held";

    private static final String CHANGE =
            TEMPLATE.formatted(EventTable.INSERT_INTO, IdempotencyTable.INSERT_INTO, "", HELD);

    private static final String CHANGE_UNLOCKED =
            TEMPLATE.formatted(EventTable.INSERT_INTO, IdempotencyTable.INSERT_INTO, "SKIP LOCKED", HELD);

    /** How long one statement waits for a lock. */
    static final int LOCK_MILLIS = 250;

    private static final String LIMIT_LOCKS = "SET LOCAL lock_timeout = " + LOCK_MILLIS;

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** SQLSTATE classes of errors that a value of a line can cause: data exceptions and constraint violations. */
    private static final Set<String> BAD_VALUES = Set.of("22", "23");

    private static final Set<String> CONFLICTS = Set.of("40P01", "40001");

    private final ObjectMapper mapper;

    StockChangeTable(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    /** PostgreSQL refuses one of the lines; nothing was written. */
    static final class BadLineException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BadLineException(Throwable cause) {
            super("PostgreSQL refused a line", cause);
        }
    }

    /** Others hold a lock for longer than {@link #limitLocks} allows; nothing was written. */
    static final class StockHeldException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StockHeldException(Throwable cause) {
            super("others hold the stock", cause);
        }
    }

    /** A movement of one of the lines is in the ledger already: an earlier attempt was committed after all. */
    static final class MovedAlreadyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        MovedAlreadyException(Throwable cause) {
            super("a movement is in the ledger already", cause);
        }
    }

    /**
     * Applies the requests in one transaction, line by line in their order.
     *
     * @param requests an atomic request must be the only one
     * @return for each request the outcomes of its lines
     * @throws ConflictException if the transaction must be repeated
     * @throws org.pmsevents.http.idempotency.KeyTakenException if an answer is already stored under the key of a request
     * @throws BadLineException if PostgreSQL refuses a line
     * @throws MovedAlreadyException if a movement of a line is in the ledger already
     * @throws StockHeldException if others hold the stock for too long
     */
    Uni<List<List<LineOutcome>>> change(SqlClient client, List<StockRequest> requests) {
        return change(client, CHANGE, requests);
    }

    /** The same, but waits for no stock that others have locked: see {@link #isHeld}. */
    Uni<List<List<LineOutcome>>> changeUnlocked(SqlClient client, List<StockRequest> requests) {
        return change(client, CHANGE_UNLOCKED, requests);
    }

    /** Whether nothing of the request was written because others hold its stock. */
    static boolean isHeld(List<LineOutcome> outcomes) {
        return outcomes.stream().anyMatch(outcome -> HELD.equals(outcome.code()));
    }

    /** Limits how long the statements of the transaction wait for a lock. */
    Uni<Void> limitLocks(SqlClient transaction) {
        return transaction.query(LIMIT_LOCKS).execute().replaceWithVoid();
    }

    private static Uni<List<List<LineOutcome>>> change(SqlClient client, String sql, List<StockRequest> requests) {
        return client.preparedQuery(sql)
                .execute(parameters(requests))
                .onFailure()
                .transform(StockChangeTable::translated)
                .map(rows -> outcomes(requests, rows));
    }

    /** Reads the outcomes that the statement stored under a key. */
    List<LineOutcome> stored(String answer) {
        try {
            var outcomes = new ArrayList<LineOutcome>();
            for (var line : mapper.readTree(answer)) {
                outcomes.add(outcome(
                        line.path("code").textValue(),
                        line.path("delta").longValue(),
                        line.path("onHand").longValue(),
                        line.path("held").longValue(),
                        line.path("version").longValue(),
                        id(line.path("movementId")),
                        id(line.path("eventId")),
                        null,
                        line.path("already").booleanValue(),
                        null));
            }
            return outcomes;
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads the id that the first line reserved for its movement. It is unique to a request, even if nothing moved. */
    UUID firstMovementId(String answer) {
        try {
            return id(mapper.readTree(answer).path(0).path("movementId"));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static UUID id(JsonNode node) {
        return UUID.fromString(node.textValue());
    }

    private static Throwable translated(Throwable failure) {
        if (failure instanceof PgException refusal) {
            if (CONFLICTS.contains(String.valueOf(refusal.getSqlState()))) {
                return new ConflictException(failure);
            }
            if (LOCK_NOT_AVAILABLE.equals(refusal.getSqlState())) {
                return new StockHeldException(failure);
            }
            if ("stock_movement_pkey".equals(refusal.getConstraint())) {
                return new MovedAlreadyException(failure);
            }
            var translated = IdempotencyTable.translated(failure);
            boolean bad =
                    BAD_VALUES.contains(String.valueOf(refusal.getSqlState()).substring(0, 2));
            return translated == failure && bad ? new BadLineException(failure) : translated;
        }
        return failure;
    }

    /** One array for each column of the lines, then one for each column of the keys. */
    private static Tuple parameters(List<StockRequest> requests) {
        int size = requests.stream().mapToInt(request -> request.lines().size()).sum();
        var lines = new Columns(size);
        var keyed = new ArrayList<Integer>();
        var scopes = new ArrayList<Buffer>();
        var fingerprints = new ArrayList<Buffer>();
        for (int i = 0; i < requests.size(); i++) {
            var request = requests.get(i);
            for (var line : request.lines()) {
                lines.add(i, request, line);
            }
            var key = request.key();
            if (key != null) {
                keyed.add(i);
                scopes.add(key.scope());
                fingerprints.add(key.fingerprint());
            }
        }
        boolean atomic = requests.stream().anyMatch(StockRequest::atomic);
        return Tuple.from(Arrays.asList(
                lines.sku,
                lines.location,
                lines.delta,
                lines.count,
                lines.expected,
                lines.movementId,
                lines.eventId,
                lines.alertId,
                lines.reason,
                lines.reference,
                lines.actor,
                lines.traceId,
                lines.at,
                lines.request,
                atomic,
                keyed.toArray(Integer[]::new),
                scopes.toArray(Buffer[]::new),
                fingerprints.toArray(Buffer[]::new),
                lines.occurredAt,
                lines.correctionId,
                lines.correctionEventId));
    }

    private static final class Columns {
        private final String[] sku;
        private final String[] location;
        private final @Nullable Long[] delta;
        private final @Nullable Long[] count;
        private final @Nullable Long[] expected;
        private final UUID[] movementId;
        private final UUID[] eventId;
        private final UUID[] alertId;
        private final String[] reason;
        private final @Nullable String[] reference;
        private final String[] actor;
        private final String[] traceId;
        private final OffsetDateTime[] at;
        private final Integer[] request;
        private final @Nullable OffsetDateTime[] occurredAt;
        private final @Nullable UUID[] correctionId;
        private final @Nullable UUID[] correctionEventId;
        private int size;

        Columns(int lines) {
            sku = new String[lines];
            location = new String[lines];
            delta = new Long[lines];
            count = new Long[lines];
            expected = new Long[lines];
            movementId = new UUID[lines];
            eventId = new UUID[lines];
            alertId = new UUID[lines];
            reason = new String[lines];
            reference = new String[lines];
            actor = new String[lines];
            traceId = new String[lines];
            at = new OffsetDateTime[lines];
            request = new Integer[lines];
            occurredAt = new OffsetDateTime[lines];
            correctionId = new UUID[lines];
            correctionEventId = new UUID[lines];
        }

        private void add(int number, StockRequest from, StockLine line) {
            sku[size] = line.stock().sku();
            location[size] = line.stock().location();
            delta[size] = line.delta();
            count[size] = line.count();
            expected[size] = line.expectedOnHand();
            movementId[size] = line.movementId();
            eventId[size] = line.eventId();
            alertId[size] = line.alertId();
            reason[size] = line.reason();
            reference[size] = line.reference();
            actor[size] = from.context().actor();
            traceId[size] = from.context().traceId();
            at[size] = from.at().atOffset(ZoneOffset.UTC);
            request[size] = number;
            var late = line.late();
            if (late != null) {
                occurredAt[size] = late.occurredAt().atOffset(ZoneOffset.UTC);
                correctionId[size] = late.correctionId();
                correctionEventId[size] = late.correctionEventId();
            }
            size++;
        }
    }

    private static List<List<LineOutcome>> outcomes(List<StockRequest> requests, RowSet<Row> rows) {
        var outcomes = new ArrayList<List<LineOutcome>>(requests.size());
        var row = rows.iterator();
        for (var request : requests) {
            var lines = new ArrayList<LineOutcome>(request.lines().size());
            for (var line : request.lines()) {
                lines.add(outcome(row.next(), line));
            }
            outcomes.add(lines);
        }
        return outcomes;
    }

    private static LineOutcome outcome(Row row, StockLine line) {
        var moved = row.getLong("moved");
        if (HELD.equals(row.getString("code"))) {
            return LineOutcome.refused(HELD, 0, 0);
        }
        return moved == null
                ? LineOutcome.refused(LineOutcome.PRODUCT_NOT_FOUND, 0, 0)
                : outcome(
                        row.getString("code"),
                        moved,
                        row.getLong("on_hand"),
                        row.getLong("held"),
                        row.getLong("version"),
                        line.movementId(),
                        line.eventId(),
                        row.getBoolean("alerts") ? line.alertId() : null,
                        row.getBoolean("already"),
                        line.correctionEventId());
    }

    private static LineOutcome outcome(
            @Nullable String code,
            long delta,
            long onHand,
            long held,
            long version,
            UUID movementId,
            UUID eventId,
            @Nullable UUID alertId,
            boolean countedAlready,
            @Nullable UUID correctionEventId) {
        if (code != null) {
            return LineOutcome.refused(code, onHand, held);
        }
        if (delta == 0) {
            return new LineOutcome(null, 0, onHand, held, version, null, null, alertId, false);
        }
        var last = countedAlready && correctionEventId != null ? correctionEventId : eventId;
        return new LineOutcome(
                null,
                delta,
                onHand,
                held,
                version,
                movementId,
                eventId,
                alertId == null ? last : alertId,
                countedAlready);
    }
}
