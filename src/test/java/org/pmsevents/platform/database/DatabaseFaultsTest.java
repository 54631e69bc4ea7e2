package org.pmsevents.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.reactive.pg.client.PgPoolCreator;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.sqlclient.PoolOptions;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.platform.tracing.Tracing;
import org.postgresql.ds.PGSimpleDataSource;

/** The pool and its transactions on a PostgreSQL of their own, whose settings change under them. */
@QuarkusTest
class DatabaseFaultsTest {
    private static final String TABLE = "pms_events_schema_history";

    /** Not the autovacuum workers, whose commits wait, too. */
    private static final String WAITING_FOR_STANDBY =
            "pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database() AND backend_type = 'client backend'";

    private static OwnServers.Server server;

    private final Vertx vertx = Vertx.vertx();
    private final List<Pool> pools = new ArrayList<>();

    @BeforeAll
    static void startServer() {
        server = OwnServers.embeddedPostgres();
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @AfterEach
    void close() throws SQLException {
        in("postgres", "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()");
        pools.forEach(Pool::closeAndAwait);
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    private static String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + server.address().getPort() + "/" + database;
    }

    private static Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(url(database), OwnServers.embeddedUsername(), OwnServers.embeddedPassword());
    }

    private static String in(String database, String... commands) throws SQLException {
        String answer = "";
        try (var connection = connect(database);
                var statement = connection.createStatement()) {
            for (var command : commands) {
                if (statement.execute(command)) {
                    var rows = statement.getResultSet();
                    answer = rows.next() ? String.valueOf(rows.getString(1)) : "";
                }
            }
        }
        return answer;
    }

    private Pool pool(PgConnectOptions... servers) {
        var pool = new Pool(new BoundedPool().create(new PgPoolCreator.Input() {
            @Override
            public Vertx vertx() {
                return vertx;
            }

            @Override
            public PoolOptions poolOptions() {
                return new PoolOptions().setMaxSize(1);
            }

            @Override
            public List<PgConnectOptions> pgConnectOptionsList() {
                return new ArrayList<>(Arrays.asList(servers));
            }
        }));
        pools.add(pool);
        return pool;
    }

    private static PgConnectOptions server(int port, String database) {
        return new PgConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setDatabase(database)
                .setUser(OwnServers.embeddedUsername())
                .setPassword(OwnServers.embeddedPassword());
    }

    private Transactions transactions(String database) {
        return new Transactions(pool(server(server.address().getPort(), database)), Tracing.OFF);
    }

    private static Function<SqlClient, Uni<Void>> insert(String value) {
        return client -> client.preparedQuery("INSERT INTO kept VALUES ('" + value + "')")
                .execute()
                .replaceWithVoid();
    }

    private static void withoutStandby(String database) throws SQLException {
        in("postgres", "CREATE DATABASE " + database);
        in(database, "CREATE TABLE kept (value text)", "CREATE TABLE probe (value text)");
        in("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'gone'", "SELECT pg_reload_conf()");
        await().until(() -> waitsForStandby(database));
    }

    /** Whether commits wait already: the server takes over its settings some time after it was told to. */
    private static boolean waitsForStandby(String database) {
        var probe = CompletableFuture.runAsync(() -> {
            try {
                in(database, "INSERT INTO probe VALUES ('a')");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        var waited = new AtomicBoolean();
        await().until(() -> {
            waited.set(in(database, "SELECT count(pg_cancel_backend(pid)) FROM " + WAITING_FOR_STANDBY)
                    .equals("1"));
            return waited.get() || probe.isDone();
        });
        probe.join();
        return waited.get();
    }

    @Test
    void aCommitThatNoStandbyConfirmsIsNeitherCancelledNorASuccess() throws SQLException {
        withoutStandby("waiting");
        var transactions = transactions("waiting");

        var failure = catchThrowable(() -> get(transactions.statement(insert("one"))));

        assertThat(failure)
                .isInstanceOfSatisfying(
                        OutcomeUnknownException.class,
                        unknown -> assertThat(unknown.isPending()).isTrue());
        assertThat(in("waiting", "SELECT count(*) FROM " + WAITING_FOR_STANDBY)).isEqualTo("1");
        in("postgres", "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
        get(transactions.run(insert("two")));
        assertThat(in("waiting", "SELECT count(*) FROM kept")).isEqualTo("2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg_cancel_backend", "pg_terminate_backend"})
    void aWaitForTheStandbyThatIsEndedIsAnUnknownOutcome(String end) throws SQLException {
        var database = "ended_by_" + end;
        withoutStandby(database);
        var transactions = transactions(database);
        for (var kind : List.<Function<Function<SqlClient, Uni<Void>>, Uni<Void>>>of(
                transactions::statement, transactions::run)) {
            CompletableFuture<Void> written = kind.apply(insert("one")).subscribeAsCompletionStage();
            await().until(() -> in(database, "SELECT count(" + end + "(pid)) FROM " + WAITING_FOR_STANDBY)
                    .equals("1"));

            assertThatThrownBy(written::join)
                    .cause()
                    .isInstanceOfSatisfying(
                            OutcomeUnknownException.class,
                            unknown -> assertThat(unknown.isUnreplicated()).isTrue());
        }
    }

    @Test
    void aStatementThatTakesTooLongOrFailsHasChangedNothing() throws SQLException {
        in("postgres", "CREATE DATABASE failing");
        in("failing", "CREATE TABLE kept (value text PRIMARY KEY)");
        var transactions = transactions("failing");
        get(transactions.statement(insert("one")));

        assertThatThrownBy(() -> get(transactions.statement(insert("one")))).hasMessageContaining("23505");
        assertThat(get(transactions.statement(client ->
                                client.query("SELECT count(*)::int FROM kept").execute()))
                        .iterator()
                        .next()
                        .getInteger(0))
                .isEqualTo(1);
    }

    @Test
    void writesWorkAgainAfterTheServerWasReadOnly() throws SQLException {
        in("postgres", "CREATE DATABASE failover");
        in("failover", "CREATE TABLE kept (value text)");
        in("postgres", "ALTER DATABASE failover SET default_transaction_read_only = on");
        var pool = pool(server(server.address().getPort(), "failover"));
        var transactions = new Transactions(pool, Tracing.OFF);

        assertThatThrownBy(() -> get(transactions.statement(insert("one")))).hasMessageContaining("25006");
        assertThatThrownBy(() -> get(transactions.run(insert("one")))).hasMessageContaining("25006");
        assertThat(get(pool.query("SELECT 1").execute())).hasSize(1);
        in("postgres", "ALTER DATABASE failover RESET default_transaction_read_only");

        // by the pool, as those write that need no transaction: their connection is closed without having been told of
        await().until(() -> catchThrowable(() -> get(insert("two").apply(pool))) == null);
        get(transactions.run(insert("three")));
    }

    /** The pool has one connection, and would wait for it for ever. */
    @Test
    void aConnectionWhoseSessionWasEndedIsReplaced() throws SQLException {
        in("postgres", "CREATE DATABASE ended");
        in("ended", "CREATE TABLE kept (value text)");
        var transactions = transactions("ended");
        Function<SqlClient, Uni<Void>> end = client -> client.query("SELECT pg_terminate_backend(pg_backend_pid())")
                .execute()
                .replaceWithVoid();
        for (int i = 0; i < 5; i++) {
            // told of it by the server, or by the connection
            assertThat(catchThrowable(() -> get(transactions.run(end)))).isNotNull();
            get(transactions.run(insert("one")));
            assertThat(catchThrowable(() -> get(transactions.statement(end)))).isNotNull();
            get(transactions.statement(insert("two")));
        }
        assertThat(in("ended", "SELECT count(*) FROM kept")).isEqualTo("10");
    }

    @Test
    void connectionsAreReadCommittedWhateverTheDatabaseSays() throws SQLException {
        in(
                "postgres",
                "CREATE DATABASE strict",
                "ALTER DATABASE strict SET default_transaction_isolation = serializable");
        var direct = pool(server(server.address().getPort(), "strict"));
        var pooled = pool(server(server.address().getPort(), "strict").setUseLayer7Proxy(true));

        assertThat(isolation(direct)).isEqualTo("read committed");
        for (var pool : List.of(direct, pooled)) {
            var transactions = new Transactions(pool, Tracing.OFF);
            assertThat(get(transactions.statement(DatabaseFaultsTest::isolationOf)))
                    .isEqualTo("read committed");
            assertThat(get(transactions.run(DatabaseFaultsTest::isolationOf))).isEqualTo("read committed");
        }
    }

    private static String isolation(SqlClient client) {
        return get(isolationOf(client));
    }

    private static Uni<String> isolationOf(SqlClient client) {
        return client.query("SELECT current_setting('transaction_isolation')")
                .execute()
                .map(rows -> rows.iterator().next().getString(0));
    }

    @Test
    void ofSeveralServersOnlyThePrimaryIsUsed(@TempDir Path folder) throws Exception {
        var data = folder.resolve("data");
        embedded(data).close();
        Files.createFile(data.resolve("standby.signal"));
        try (var standby = embedded(data)) {
            var either = pool(
                    server(standby.getPort(), "postgres"),
                    server(server.address().getPort(), "postgres"));
            var connections = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                connections.add(get(either.query("SELECT pg_is_in_recovery()").execute())
                        .iterator()
                        .next()
                        .getBoolean(0));
                in(
                        "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'vertx%'");
                await().until(() ->
                        catchThrowable(() -> get(either.query("SELECT 1").execute())) == null);
            }
            assertThat(connections).containsOnly(false);

            assertThatThrownBy(() -> get(pool(server(standby.getPort(), "postgres"))
                            .query("SELECT 1")
                            .execute()))
                    .hasMessageContaining("is a standby");
        }
    }

    private static EmbeddedPostgres embedded(Path data) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("unix_socket_directories", "")
                .start();
    }

    private static DataSource source(String database) {
        var source = new PGSimpleDataSource();
        source.setUrl(url(database));
        source.setUser(OwnServers.embeddedUsername());
        source.setPassword(OwnServers.embeddedPassword());
        return source;
    }

    /** Two that migrate at once would else put a baseline into the same empty history. */
    @Test
    void onlyASchemaThatHoldsSomethingGetsABaseline() throws SQLException {
        in("postgres", "CREATE DATABASE fresh");
        assertThat(MigrationHistory.prepare(source("fresh"), TABLE)).isTrue();
        in("fresh", "CREATE FUNCTION of_somebody() RETURNS int LANGUAGE sql AS 'SELECT 1'");
        assertThat(MigrationHistory.prepare(source("fresh"), TABLE)).isFalse();

        in("fresh", "DROP FUNCTION of_somebody()", "CREATE TABLE of_somebody (n int)");
        assertThat(MigrationHistory.prepare(source("fresh"), TABLE)).isFalse();
    }

    private static void migrate(String database, String table) {
        if (!table.equals(MigrationHistory.FORMER)) {
            MigrationHistory.prepare(source(database), table);
        }
        Flyway.configure()
                .dataSource(source(database))
                .table(table)
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load()
                .migrate();
    }

    @Test
    void aSchemaMayHoldSomethingElseAndTheHistoryOfAnotherService() throws SQLException {
        in("postgres", "CREATE DATABASE shared");
        in(
                "shared",
                "CREATE TABLE theirs (id int)",
                "CREATE TABLE flyway_schema_history (installed_rank int PRIMARY KEY, version text, description text,"
                        + " type text, script text, checksum int, installed_by text, installed_on timestamp,"
                        + " execution_time int, success bool)",
                "INSERT INTO flyway_schema_history VALUES (1, '1', 'theirs', 'SQL', 'V1__theirs.sql', 1, 'x', now(),"
                        + " 1, true)");

        migrate("shared", TABLE);

        assertThat(in("shared", "SELECT count(*) FROM flyway_schema_history")).isEqualTo("1");
        assertThat(in(
                        "shared",
                        "SELECT count(*) FROM " + TABLE + " WHERE version = '1' AND script LIKE 'V1__products%'"))
                .isEqualTo("1");
    }

    @Test
    void ourFormerHistoryIsTakenOverOnceByWhoeverIsFirst() throws Exception {
        in("postgres", "CREATE DATABASE former");
        migrate("former", MigrationHistory.FORMER);

        CompletableFuture.allOf(
                        CompletableFuture.runAsync(() -> migrate("former", TABLE)),
                        CompletableFuture.runAsync(() -> migrate("former", TABLE)))
                .join();

        assertThat(in("former", "SELECT string_agg(version || script, ',' ORDER BY installed_rank) FROM " + TABLE))
                .isEqualTo(in(
                        "former",
                        "SELECT string_agg(version || script, ',' ORDER BY installed_rank) FROM"
                                + " flyway_schema_history"));
        assertThat(in("former", "SELECT relrowsecurity FROM pg_class WHERE relname = '" + TABLE + "'"))
                .isEqualTo("t");
        migrate("former", MigrationHistory.FORMER); // as a replica of the previous version does
    }

    @Test
    void anotherEncodingThanUtf8IsRefused() throws SQLException {
        in("postgres", "CREATE DATABASE ascii TEMPLATE template0 ENCODING SQL_ASCII LOCALE_PROVIDER libc LOCALE 'C'");

        assertThatThrownBy(() -> migrate("ascii", TABLE))
                .isInstanceOf(UnfitDatabaseException.class)
                .hasMessageContainingAll("SQL_ASCII", "UTF8", "QUARKUS_DATASOURCE_REACTIVE_URL");
        assertThatThrownBy(() -> get(new DatabaseFitness(transactions("ascii")).require()))
                .isInstanceOf(UnfitDatabaseException.class);
    }

    @Test
    void aRoleThatSeesNoRowsIsRefused() throws SQLException {
        in("postgres", "CREATE DATABASE owned", "CREATE ROLE guest LOGIN");
        migrate("owned", TABLE);
        in("owned", "GRANT ALL ON ALL TABLES IN SCHEMA public TO guest");
        var guest = pool(server(server.address().getPort(), "owned").setUser("guest"));

        get(new DatabaseFitness(transactions("owned")).require());
        refuses(guest, "guest", "row-level security hides the rows of alert, ", " more", "QUARKUS_DATASOURCE_USERNAME");

        for (var table : DatabaseFitness.TABLES) {
            in("owned", "ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY");
        }
        in("owned", "ALTER TABLE pms_sync ENABLE ROW LEVEL SECURITY");
        refuses(guest, "row-level security hides the rows of pms_sync; ");
    }

    private static void refuses(Pool role, String... message) {
        assertThatThrownBy(() -> get(new DatabaseFitness(new Transactions(role, Tracing.OFF)).require()))
                .isInstanceOf(UnfitDatabaseException.class)
                .hasMessageNotContaining("\n")
                .hasMessageContainingAll(message);
    }

    @Test
    void aRoleThatMayNotDoAllThatTheServiceDoesIsRefused() throws SQLException {
        in("postgres", "CREATE DATABASE granted", "CREATE ROLE clerk LOGIN BYPASSRLS");
        migrate("granted", TABLE);
        var clerk = pool(server(server.address().getPort(), "granted").setUser("clerk"));
        refuses(
                clerk,
                "clerk",
                "it lacks SELECT on alert",
                "it lacks DELETE on",
                "it lacks EXECUTE on the function check_feed");

        for (var all : List.of("TABLES", "SEQUENCES", "FUNCTIONS")) {
            in("granted", "GRANT ALL ON ALL " + all + " IN SCHEMA public TO clerk");
        }
        get(new DatabaseFitness(new Transactions(clerk, Tracing.OFF)).require());

        for (var table : DatabaseFitness.TABLES) {
            for (var privilege : DatabaseFitness.USES) {
                lacks(clerk, privilege + " ON " + table, "it lacks " + privilege + " on " + table + ".");
            }
        }
        for (var table : DatabaseFitness.DELETED_FROM) {
            lacks(clerk, "DELETE ON " + table, "it lacks DELETE on " + table + ".");
        }
        for (var sequence : DatabaseFitness.SEQUENCES) {
            lacks(clerk, "SELECT ON SEQUENCE " + sequence, "it lacks SELECT on the sequence " + sequence + ".");
        }
        for (var function : DatabaseFitness.FUNCTIONS) {
            lacks(clerk, "EXECUTE ON FUNCTION " + function, "it lacks EXECUTE on the function " + function + ".");
        }
        in("granted", "REVOKE USAGE ON SCHEMA public FROM PUBLIC");
        refuses(clerk, "it finds no table alert, ");
    }

    private static void lacks(Pool role, String privilege, String message) throws SQLException {
        in("granted", "REVOKE " + privilege + " FROM clerk");
        refuses(role, message);
        in("granted", "GRANT " + privilege + " TO clerk");
    }

    @Test
    void allThatMigrationsMakeIsLookedAt() throws SQLException {
        in("postgres", "CREATE DATABASE whole");
        migrate("whole", TABLE);

        assertThat(in(
                        "whole",
                        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r'"
                                + " AND relnamespace = 'public'::regnamespace AND relname <> '" + TABLE + "'"))
                .isEqualTo(String.join(" ", DatabaseFitness.TABLES));
        assertThat(in(
                        "whole",
                        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'S'"
                                + " AND relnamespace = 'public'::regnamespace"))
                .isEqualTo(String.join(" ", DatabaseFitness.SEQUENCES));
        assertThat(
                        in(
                                "whole",
                                "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc"
                                        + " WHERE pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype"
                                        + " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"))
                .isEqualTo(String.join(" ", DatabaseFitness.FUNCTIONS));
    }

    @Test
    void sequencesBehindTheirTablesAreSetRight() throws SQLException {
        in("postgres", "CREATE DATABASE replicated");
        migrate("replicated", TABLE);
        in(
                "replicated",
                "INSERT INTO cache_notice (tag) SELECT 'a' FROM generate_series(1, 20)",
                "UPDATE feed_head SET floor = 30",
                "INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version,"
                        + " created_at, updated_at) VALUES ('A', 'A', 1, 'EUR', '{}', '{}', 'draft', 1, now(), now())",
                "INSERT INTO stock_movement (id, event_id, sku, location, delta, on_hand, version, reason, actor,"
                        + " trace_id, moved_at) SELECT gen_random_uuid(), gen_random_uuid(), 'A', 'main', 1, 1, 1, 'x',"
                        + " 'x', 'x', now() FROM generate_series(1, 40)",
                "ALTER SEQUENCE cache_notice_id_seq RESTART",
                "ALTER SEQUENCE stock_movement_seq_seq RESTART");

        for (int times = 0; times < 2; times++) {
            get(new DatabaseFitness(transactions("replicated")).require());

            assertThat(in("replicated", "SELECT last_value FROM cache_notice_id_seq"))
                    .isEqualTo("20");
            assertThat(in("replicated", "SELECT last_value FROM event_seq_seq")).isEqualTo("30");
            assertThat(in("replicated", "SELECT last_value FROM stock_movement_seq_seq"))
                    .isEqualTo("40");
        }
    }
}
