package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Checks, once the database is migrated, whether this replica's role can work with it: UTF-8, every row of every table visible, all
 * that the service does with tables, sequences and functions allowed. Also sets sequences right that are behind their tables, as after logical replication, which does not copy them.
 */
@ApplicationScoped
public class DatabaseFitness {
    /** All tables of the migrations, and what the service does with all of them. */
    static final List<String> TABLES = List.of(
            "alert",
            "alert_occurrence",
            "api_key",
            "api_key_change",
            "cache_entry",
            "cache_notice",
            "dead_letter",
            "error_period",
            "event",
            "feed_head",
            "feed_tail",
            "handler_behind",
            "handler_cursor",
            "idempotency_key",
            "import",
            "import_part",
            "import_rejected",
            "import_subject",
            "job",
            "job_schedule",
            "location",
            "pms_outage",
            "pms_product_version",
            "pms_sync",
            "product",
            "product_history",
            "stock",
            "stock_check",
            "stock_movement",
            "subscription",
            "subscription_attempt",
            "subscription_change",
            "subscription_held",
            "subscription_worker",
            "unknown_sku",
            "webhook_delivery");

    static final List<String> USES = List.of("SELECT", "INSERT", "UPDATE");

    /** The tables from which the service deletes. */
    static final List<String> DELETED_FROM = List.of(
            "alert",
            "alert_occurrence",
            "api_key",
            "cache_entry",
            "cache_notice",
            "dead_letter",
            "event",
            "handler_behind",
            "idempotency_key",
            "import",
            "import_part",
            "import_rejected",
            "import_subject",
            "job",
            "subscription",
            "subscription_held",
            "subscription_worker",
            "webhook_delivery");

    /** Read for the low watermark, and set where they are behind their tables. */
    static final List<String> SEQUENCES = List.of("cache_notice_id_seq", "event_seq_seq", "stock_movement_seq_seq");

    /** The functions that statements call. Those of triggers need no privilege. */
    static final List<String> FUNCTIONS = List.of(
            "check_feed",
            "feed_identity",
            "lower_low_watermark",
            "old_transactions",
            "prune_events",
            "raise_low_watermark",
            "renew_feed",
            "rewind_subscriptions",
            "sequence_events",
            "sequence_events_at_once",
            "stock_alert",
            "stock_change",
            "stock_events",
            "stock_is_low",
            "stock_line");

    /** Of each lack, so many names are told. */
    private static final int MOST_NAMES = 6;

    /** Row-level security hides all rows from those who do not own the tables; a query answers an empty list then. */
    private static final String LOOK = """
            SELECT current_setting('server_encoding') AS encoding, current_user::text AS role, lacking.what, lacking.name
            FROM (VALUES (1)) AS once LEFT JOIN (
              SELECT 1 AS place, 'it finds no table' AS what, name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL
              UNION ALL
              SELECT 2, 'row-level security hides the rows of', name FROM unnest($1::text[]) AS name
              WHERE row_security_active(to_regclass(name)::oid)
              UNION ALL
              SELECT 3, 'it lacks ' || privilege || ' on', name FROM unnest($1::text[]) AS name, unnest($2::text[]) AS privilege
              WHERE NOT has_table_privilege(to_regclass(name)::oid, privilege)
              UNION ALL
              SELECT 4, 'it lacks DELETE on', name FROM unnest($3::text[]) AS name
              WHERE NOT has_table_privilege(to_regclass(name)::oid, 'DELETE')
              UNION ALL
              SELECT 5, 'it lacks ' || privilege || ' on the sequence', name
              FROM unnest($4::text[]) AS name, unnest(ARRAY['SELECT', 'UPDATE']) AS privilege
              WHERE NOT has_sequence_privilege(to_regclass(name)::oid, privilege)
              UNION ALL
              SELECT 6, 'it lacks EXECUTE on the function', name FROM unnest($5::text[]) AS name
              WHERE NOT EXISTS (SELECT FROM pg_proc AS p WHERE p.proname = name AND pg_function_is_visible(p.oid)
                                AND has_function_privilege(p.oid, 'EXECUTE'))
            ) AS lacking ON true
            ORDER BY lacking.place, lacking.what, lacking.name
            """;

    /**
     * A sequence is only moved while nobody inserts into its table, and never back. Positions up to feed_head.floor are taken for
     * sequenced, so an event must get a number above it. The ledger has no index on its number alone, so each product's newest row is
     * looked at, and only where another sequence was behind or its own has never been used.
     */
    private static final String SET_SEQUENCES = """
        DO $$
        DECLARE
          tables text[] := ARRAY['event.seq', 'cache_notice.id', 'stock_movement.seq'];
          entry text; target text; number text; sequence text;
          upcoming bigint; used boolean; highest bigint;
          behind boolean := false;
        BEGIN
          PERFORM set_config('lock_timeout', '3s', true);
          FOREACH entry IN ARRAY tables LOOP
            target := split_part(entry, '.', 1);
            number := split_part(entry, '.', 2);
            sequence := pg_get_serial_sequence(target, number);
            CONTINUE WHEN sequence IS NULL;
            EXECUTE format('SELECT last_value + is_called::int, is_called FROM %s', sequence) INTO upcoming, used;
            CONTINUE WHEN target = 'stock_movement' AND used AND NOT behind;
            IF target = 'stock_movement' THEN
              SELECT coalesce(max(newest.seq), 0) INTO highest
              FROM product AS p CROSS JOIN LATERAL
                (SELECT m.seq FROM stock_movement AS m WHERE m.sku = p.sku ORDER BY m.seq DESC LIMIT 1) AS newest;
            ELSE
              EXECUTE format('SELECT coalesce(max(%I), 0) FROM %I', number, target) INTO highest;
            END IF;
            IF target = 'event' THEN
              SELECT greatest(highest, floor) INTO highest FROM feed_head;
            END IF;
            CONTINUE WHEN upcoming > highest;
            behind := true;
            EXECUTE format('LOCK TABLE %I IN SHARE ROW EXCLUSIVE MODE', target);
            EXECUTE format('SELECT last_value + is_called::int FROM %s', sequence) INTO upcoming;
            IF upcoming <= highest THEN
              PERFORM setval(sequence::regclass, highest);
              RAISE WARNING 'the sequence % was behind its table: set from % to %', sequence, upcoming, highest;
            END IF;
          END LOOP;
        END
        $$
        """;

    private final Transactions transactions;

    DatabaseFitness(Transactions transactions) {
        this.transactions = transactions;
    }

    /**
     * Completes if the database can be used. May be called again.
     *
     * @throws UnfitDatabaseException if it can't, and an operator has to act
     */
    public Uni<Void> require() {
        return transactions
                .read(client -> client.preparedQuery(LOOK)
                        .execute(Tuple.of(
                                names(TABLES), names(USES), names(DELETED_FROM), names(SEQUENCES), names(FUNCTIONS))))
                .invoke(DatabaseFitness::judge)
                .chain(() ->
                        transactions.run(client -> client.query(SET_SEQUENCES).execute()))
                .replaceWithVoid();
    }

    private static String[] names(List<String> names) {
        return names.toArray(String[]::new);
    }

    private static void judge(RowSet<Row> rows) {
        var lacking = new LinkedHashMap<String, List<String>>();
        for (var row : rows) {
            var encoding = row.getString("encoding");
            if (!"UTF8".equals(encoding)) {
                throw UnfitDatabaseException.encoding(encoding);
            }
            var what = row.getString("what");
            if (what != null) {
                lacking.computeIfAbsent(what, first -> new ArrayList<>()).add(row.getString("name"));
            }
        }
        if (!lacking.isEmpty()) {
            throw UnfitDatabaseException.role(
                    rows.iterator().next().getString("role"),
                    lacking.entrySet().stream()
                            .map(each -> each.getKey() + " " + some(each.getValue()))
                            .collect(Collectors.joining("; ")));
        }
    }

    private static String some(List<String> names) {
        return names.size() <= MOST_NAMES
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MOST_NAMES)) + " and " + (names.size() - MOST_NAMES) + " more";
    }
}
