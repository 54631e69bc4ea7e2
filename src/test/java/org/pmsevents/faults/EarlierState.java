package org.pmsevents.faults;

import static org.pmsevents.Waiting.await;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Has the database go back as a restored backup, or a failover that nothing else tells of, does: all tables and sequences are again as
 * they were some changes ago, and every connection is cut. What was acknowledged in between is lost.
 */
final class EarlierState {
    private EarlierState() {}

    static void goBack(Ground ground, Random chance) throws Exception {
        long snapshot = System.nanoTime();
        List<String> sequences;
        try (var database = ground.database();
                var statement = database.createStatement()) {
            sequences = copy(database, statement);
        }
        var epoch = ground.epoch();
        ground.awaitAcknowledged(chance.nextInt(10, 80));
        await("events that will be lost")
                .atMost(Ground.RECOVERED)
                .until(() -> ground.number("SELECT f.head - e.head FROM feed_head AS f, earlier.feed_head AS e") > 5);
        long restored;
        var at = String.valueOf(ground.ask("SELECT clock_timestamp()"));
        ground.cluster().postgres().takeAway();
        try (var database = ground.database();
                var statement = database.createStatement()) {
            ground.terminateConnectionsBut(database);
            restore(database, statement, sequences);
            restored = System.nanoTime();
        } finally {
            ground.cluster().postgres().bringBack();
            ground.mended();
        }
        ground.awaitNewEpoch(epoch, at, snapshot, restored);
        ground.execute("DROP SCHEMA earlier CASCADE");
    }

    /** All tables at one moment, and of each sequence what it had given out shortly after. */
    private static List<String> copy(Connection database, Statement statement) throws SQLException {
        database.setAutoCommit(false);
        database.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        statement.execute("DROP SCHEMA IF EXISTS earlier CASCADE");
        statement.execute("CREATE SCHEMA earlier");
        for (var table : tables(statement)) {
            statement.execute("CREATE TABLE earlier." + table + " AS TABLE public." + table);
        }
        var sequences = column(statement, """
                SELECT format('SELECT setval(%L, %s, %L)', 'public.' || quote_ident(sequencename), coalesce(last_value, 1), last_value IS NOT NULL)
                FROM pg_sequences WHERE schemaname = 'public'
                """);
        database.commit();
        return sequences;
    }

    private static void restore(Connection database, Statement statement, List<String> sequences) throws SQLException {
        database.setAutoCommit(false);
        statement.execute("SET LOCAL session_replication_role = replica");
        var tables = tables(statement);
        statement.execute("TRUNCATE " + String.join(", ", tables));
        for (var table : tables) {
            statement.execute(
                    "INSERT INTO public." + table + " OVERRIDING SYSTEM VALUE SELECT * FROM earlier." + table);
        }
        for (var sequence : sequences) {
            statement.execute(sequence);
        }
        database.commit();
    }

    private static List<String> tables(Statement statement) throws SQLException {
        return column(statement, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
    }

    private static List<String> column(Statement statement, String query) throws SQLException {
        var found = new ArrayList<String>();
        try (var rows = statement.executeQuery(query)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }
}
