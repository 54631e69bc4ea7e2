package org.pmsevents.platform.database;

import io.quarkus.arc.Unremovable;
import io.quarkus.flyway.FlywayConfigurationCustomizer;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.Config;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Prepares a database before it is migrated. Earlier versions kept the history of their migrations in Flyway's default table, which
 * another service in the same schema may have as well. It is copied to a table of our own, if it is ours; the old one stays for
 * replicas of the previous version. Several replicas may do this at once.
 */
@Singleton
@Unremovable
public class MigrationHistory implements FlywayConfigurationCustomizer {
    static final String FORMER = "flyway_schema_history";

    private static final Logger LOG = Logger.getLogger(MigrationHistory.class);

    /** Any number that no other application of the database takes. */
    private static final long LOCK = 0x706d735f68697374L;

    /** How the first migration stands in a history of ours. */
    private static final String OURS =
            "version = '1' AND script = 'V1__products_and_feed.sql' AND checksum = 838357730";

    private static final String EMPTY = """
            SELECT current_schema() IS NOT NULL
              AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
              AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = current_schema()::regnamespace)
              AND NOT EXISTS (SELECT FROM pg_type WHERE typnamespace = current_schema()::regnamespace)
            """;

    /** Not reached, login refused, no such database: Flyway meets the same and says so. */
    private static final List<String> SAID_BY_FLYWAY = List.of("08", "28", "3D");

    private final boolean migrates;

    MigrationHistory(Config config) {
        this.migrates = config.getValue("quarkus.flyway.migrate-at-start", boolean.class);
    }

    @Override
    public void customize(FluentConfiguration configuration) {
        if (migrates && prepare(configuration.getDataSource(), configuration.getTable())) {
            // where nothing is, there is nothing to leave out; and where two migrate at once, Flyway takes the history
            // that the other has just
            // created for something of somebody else's, and fails to put a baseline into it
            configuration.baselineOnMigrate(false);
        }
    }

    /**
     * Returns whether the schema is empty.
     *
     * @throws UnfitDatabaseException if the database must not be migrated
     */
    static boolean prepare(DataSource database, String table) {
        try (var connection = database.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                requireUtf8(connection);
                takeOver(connection, table);
                boolean empty = isTrue(connection, EMPTY);
                connection.commit();
                return empty;
            } finally {
                connection.rollback();
                connection.setAutoCommit(autoCommit);
            }
        } catch (SQLException e) {
            var state = String.valueOf(e.getSQLState());
            if (SAID_BY_FLYWAY.stream().noneMatch(state::startsWith)) {
                throw new IllegalStateException("the history of the migrations can't be read", e);
            }
            return false;
        }
    }

    private static void requireUtf8(Connection connection) throws SQLException {
        var encoding = text(connection, "SELECT current_setting('server_encoding')");
        if (!"UTF8".equals(encoding)) {
            throw UnfitDatabaseException.encoding(String.valueOf(encoding));
        }
    }

    private static void takeOver(Connection connection, String table) throws SQLException {
        if (table.equals(FORMER) || !exists(connection, FORMER) || isOurs(connection, table)) {
            return;
        }
        execute(connection, "SELECT pg_advisory_xact_lock(" + LOCK + ")");
        if (isOurs(connection, table) || !isOurs(connection, FORMER)) {
            return;
        }
        var name = quoted(table);
        execute(connection, "CREATE TABLE IF NOT EXISTS " + name + " (LIKE " + FORMER + " INCLUDING ALL)");
        execute(connection, "ALTER TABLE " + name + " ENABLE ROW LEVEL SECURITY");
        execute(connection, "DELETE FROM " + name);
        execute(connection, "INSERT INTO " + name + " SELECT * FROM " + FORMER);
        LOG.infof("The history of the migrations is kept in %s from now on; it was copied from %s", table, FORMER);
    }

    /** Whether the table exists and has our first migration. */
    private static boolean isOurs(Connection connection, String table) throws SQLException {
        return exists(connection, table)
                && isTrue(
                        connection, "SELECT EXISTS (SELECT FROM " + quoted(table) + " WHERE success AND " + OURS + ")");
    }

    /** In the schema that Flyway uses, and with the columns of a history. */
    private static boolean exists(Connection connection, String table) throws SQLException {
        try (var query = connection.prepareStatement("SELECT count(*) = 4 FROM information_schema.columns"
                + " WHERE table_schema = current_schema() AND table_name = ?"
                + " AND column_name IN ('version', 'script', 'checksum', 'success')")) {
            query.setString(1, table);
            try (var rows = query.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    private static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private static boolean isTrue(Connection connection, String query) throws SQLException {
        return "t".equals(text(connection, query));
    }

    private static @Nullable String text(Connection connection, String query) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            return rows.next() ? rows.getString(1) : null;
        }
    }

    private static void execute(Connection connection, String command) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(command);
        }
    }
}
