package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import jakarta.enterprise.context.ApplicationScoped;

/**
 * Checks, once the database is migrated, whether this replica's role can work with it: UTF-8, every row of the tables visible, changes
 * allowed. Also sets sequences right that are behind their tables, as after logical replication, which does not copy them.
 */
@ApplicationScoped
public class DatabaseFitness {
    /** Row-level security hides all rows from those who do not own the tables; a query answers an empty list then. */
    private static final String LOOK = """
        SELECT current_setting('server_encoding') AS encoding, current_user::text AS role,
               (SELECT string_agg(name, ', ')
                FROM unnest(ARRAY['event', 'feed_head', 'product', 'stock', 'stock_movement', 'job', 'api_key']) AS name
                WHERE CASE WHEN to_regclass(name) IS NULL THEN true
                           ELSE row_security_active(to_regclass(name)::oid)
                             OR NOT has_table_privilege(to_regclass(name)::oid, 'SELECT')
                             OR NOT has_table_privilege(to_regclass(name)::oid, 'INSERT')
                             OR NOT has_table_privilege(to_regclass(name)::oid, 'UPDATE') END) AS closed
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
                .read(client -> client.query(LOOK).execute())
                .invoke(rows -> judge(rows.iterator().next()))
                .chain(() ->
                        transactions.run(client -> client.query(SET_SEQUENCES).execute()))
                .replaceWithVoid();
    }

    private static void judge(Row is) {
        var encoding = is.getString("encoding");
        if (!"UTF8".equals(encoding)) {
            throw UnfitDatabaseException.encoding(encoding);
        }
        var closed = is.getString("closed");
        if (closed != null) {
            throw new UnfitDatabaseException("The role " + is.getString("role") + " can't use the tables " + closed
                    + ": log in as the role that owns them, with QUARKUS_DATASOURCE_USERNAME, or migrate as the role"
                    + " that serves.");
        }
    }
}
