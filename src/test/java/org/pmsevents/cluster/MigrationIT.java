package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Migrating before the replicas come, as deploy/kubernetes does: a command of the package, and replicas that leave it to that. */
@Tag("native")
class MigrationIT {
    /** Where a pooler is in between. */
    private static final String DIRECT_URL = "PMS_EVENTS_MIGRATION_URL";

    private static final Map<String, String> LEFT_TO_OTHERS = Map.of("QUARKUS_FLYWAY_MIGRATE_AT_START", "false");

    private Cluster cluster;

    private record Ended(int code, String said) {}

    @BeforeEach
    void createEmptyDatabase() throws SQLException {
        cluster = new Cluster(LEFT_TO_OTHERS);
    }

    @AfterEach
    void close() throws IOException, SQLException {
        cluster.close();
    }

    /** Only what PostgreSQL is: neither Redis nor a key of tokens is needed. */
    private Map<String, String> databaseOnly() {
        var environment = new HashMap<>(cluster.environment());
        environment.keySet().removeIf(name -> !name.startsWith("QUARKUS_DATASOURCE_") && !name.equals(DIRECT_URL));
        environment.putAll(LEFT_TO_OTHERS);
        return environment;
    }

    private static Process begin(Map<String, String> environment, String... words) throws IOException {
        var command = new ArrayList<>(Replica.command());
        command.addAll(List.of(words));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeIf(name -> Stream.of("QUARKUS_", "PMS_EVENTS_", "JAVA_", "JDK_", "_JAVA_")
                        .anyMatch(name::startsWith));
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Ended end(Process process) throws IOException, InterruptedException {
        try {
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), said);
        } finally {
            process.destroyForcibly();
        }
    }

    private long migrations(String condition) throws SQLException {
        try (var database = cluster.database();
                var statement = database.createStatement();
                var rows =
                        statement.executeQuery("SELECT count(*) FROM pms_events_schema_history WHERE " + condition)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    @Test
    void severalThatMigrateAtOnceDoItOnceAndServeNobody() throws Exception {
        var first = begin(databaseOnly(), "migrate");
        var second = begin(databaseOnly(), "migrate");

        for (var ended : List.of(end(first), end(second))) {
            assertThat(ended.code()).as(ended.said()).isZero();
            assertThat(ended.said()).contains("The database is up to date.").doesNotContain("Listening on", "ERROR");
        }
        assertThat(migrations("success AND version = '7'")).isEqualTo(1);
        assertThat(migrations("NOT success")).isZero();
    }

    /** Flyway itself says several, and one more for each migration. */
    @Test
    void whatWasMigratedIsOneLine() throws Exception {
        var first = end(begin(databaseOnly(), "migrate"));
        long all = migrations("success AND version <> '0' AND type = 'SQL'");
        assertThat(aboutMigrations(first))
                .singleElement()
                .asString()
                .contains("The database was migrated to version ", ": " + all + " migrations in ");

        assertThat(aboutMigrations(end(begin(databaseOnly(), "migrate"))))
                .singleElement()
                .asString()
                .contains("The database is at version ", ": nothing to migrate");
    }

    private static List<String> aboutMigrations(Ended ended) {
        assertThat(ended.code()).as(ended.said()).isZero();
        return ended.said()
                .lines()
                .filter(line ->
                        line.contains("migrat") || line.toLowerCase(Locale.ROOT).contains("flyway"))
                .toList();
    }

    @Test
    void aReplicaThatDoesNotMigrateWaitsForSomebodyWhoDoes() throws Exception {
        var replica = cluster.start(0);

        await().until(() -> !replica.logged("command migrate").isEmpty());
        assertThat(replica.logged("command migrate"))
                .first()
                .asString()
                .contains("lacks", "V1__products_and_feed.sql", "QUARKUS_FLYWAY_MIGRATE_AT_START=false");
        assertThat(replica.isReady()).isFalse();

        assertThat(end(begin(databaseOnly(), "migrate")).code()).isZero();
        await().until(replica::isReady);
    }

    @Test
    void renewFeedBeginsANewEpochAndCancelsTheJobsThatACopyWouldDoTwice() throws Exception {
        assertThat(end(begin(databaseOnly(), "migrate")).code()).isZero();
        try (var database = cluster.database();
                var statement = database.createStatement()) {
            statement.execute("""
                    INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)
                    SELECT gen_random_uuid(), kind, '{}', 'available', 0, now(), 10, 'test', 'test'
                    FROM unnest('{pms.sync,admin.webhook,queue.probe}'::text[]) AS kind
                    """);
        }
        var epoch = asked("SELECT feed_id FROM feed_head");

        assertThat(end(begin(databaseOnly(), "migrate")).code()).isZero();
        assertThat(asked("SELECT feed_id FROM feed_head")).as("after migrate").isEqualTo(epoch);

        var renewed = end(begin(databaseOnly(), "renew-feed"));
        assertThat(renewed.code()).as(renewed.said()).isZero();
        assertThat(renewed.said()).contains("a new epoch", "are cancelled");
        assertThat(asked("SELECT feed_id FROM feed_head"))
                .as("after renew-feed")
                .isNotEqualTo(epoch);
        assertThat(asked("SELECT string_agg(kind || ' ' || state, ', ' ORDER BY kind) FROM job"))
                .isEqualTo("admin.webhook cancelled, pms.sync cancelled, queue.probe available");
    }

    private String asked(String query) throws SQLException {
        try (var database = cluster.database();
                var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    @Test
    void whatCanNotBeMigratedIsSaidInOneLine() throws Exception {
        var nowhere = databaseOnly();
        nowhere.put("QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:1/nowhere");
        nowhere.remove(DIRECT_URL);

        var ended = end(begin(nowhere, "migrate"));

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.said())
                .contains("can't migrate", "QUARKUS_DATASOURCE_REACTIVE_URL", "127.0.0.1:1")
                .doesNotContain("\tat ");
    }

    @Test
    void aPasswordInTheAddressIsNotRepeatedWhateverIsWrongWithIt() throws Exception {
        for (var address : List.of(
                "postgresql://pms:s3cret@127.0.0.1:1/nowhere", "postgresql://pms:s3cret@127.0.0.1:port/nowhere")) {
            var nowhere = databaseOnly();
            nowhere.put(DIRECT_URL, address);
            nowhere.put("QUARKUS_LOG_LEVEL", "DEBUG");

            var ended = end(begin(nowhere, "migrate"));

            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.said()).contains(DIRECT_URL).doesNotContain("s3cret");
        }
    }

    /** Supabase grants everything on the tables of this schema to those who have only its public key. */
    @Test
    void everyTableHasRowLevelSecurityAndLetsNobodyInButItsOwner() throws Exception {
        for (int times = 0; times < 2; times++) {
            assertThat(end(begin(databaseOnly(), "migrate")).code()).isZero();
            assertThat(tables("NOT relrowsecurity")).isEmpty();
            assertThat(tables("relrowsecurity"))
                    .contains("pms_events_schema_history", "product", "stock", "event", "job");
        }
        try (var database = cluster.database();
                var statement = database.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM pg_policies WHERE schemaname = 'public'")) {
            rows.next();
            assertThat(rows.getLong(1)).isZero();
        }
    }

    private List<String> tables(String condition) throws SQLException {
        var found = new ArrayList<String>();
        try (var database = cluster.database();
                var statement = database.createStatement();
                var rows = statement.executeQuery("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
                        + " AND relnamespace = 'public'::regnamespace AND " + condition)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    @Test
    void aCommandThatIsNotThereIsRefused() throws Exception {
        var ended = end(begin(cluster.environment(), "migrat"));

        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.said()).contains("migrate");
    }
}
