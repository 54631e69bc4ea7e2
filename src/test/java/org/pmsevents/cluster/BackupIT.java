package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;

/** The steps of {@code src/docs/operate/backup.md} and {@code upgrade.md}, with the very commands that stand there, on real servers. */
class BackupIT {
    private static final Path OPERATE = Path.of("src", "docs", "operate");
    private static final Pattern WORD = Pattern.compile("(?:[^\\s\"]|\"[^\"]*\")+");
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final String first = Client.newSku("BACKUP");
    private final String second = Client.newSku("BACKUP");
    private final List<AutoCloseable> open = new ArrayList<>();
    private Cluster cluster;

    @BeforeEach
    void createServers() throws Exception {
        boolean installed = DebianPostgres.programs().isPresent();
        if (System.getenv("CI") != null) {
            assertThat(installed).as("Debian's postgresql-15 or newer is there").isTrue();
        }
        Assumptions.assumeTrue(installed, "there is no PostgreSQL in /usr/lib/postgresql");
        cluster = new Cluster(Map.of());
    }

    @AfterEach
    void close() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private DebianPostgres server(String name) throws Exception {
        var server = DebianPostgres.create(folder.resolve(name));
        open.add(server);
        server.ask("CREATE DATABASE pms_events");
        return server;
    }

    /** The command that begins so in a page, as it stands there but for what the reader has to fill in. */
    private static List<String> command(String page, String begin, Map<String, String> filledIn) throws IOException {
        var commands = Pattern.compile("(?m)(?:`|^ {4})(" + Pattern.quote(begin) + "[^`\\n]*)")
                .matcher(Files.readString(OPERATE.resolve(page)));
        assertThat(commands.find()).as(begin + " in " + page).isTrue();
        var words = new ArrayList<>(WORD.matcher(commands.group(1))
                .results()
                .map(word -> word.group().replace("\"", ""))
                .toList());
        words.replaceAll(word -> {
            for (var each : filledIn.entrySet()) {
                word = word.replace(each.getKey(), each.getValue());
            }
            return word;
        });
        return words;
    }

    private String postgres(String begin, Map<String, String> filledIn) throws Exception {
        var command = command("backup.md", begin, filledIn);
        command.set(
                0,
                DebianPostgres.programs().orElseThrow().resolve(command.get(0)).toString());
        return DebianPostgres.run(folder, command);
    }

    /** A command of the package, with the variables of the database only. */
    private String service(String page, String command, URI database) throws Exception {
        var words = command(page, "java -jar quarkus-run.jar " + command, Map.of());
        var all = new ArrayList<>(Replica.command());
        all.addAll(words.subList(3, words.size()));
        var builder = new ProcessBuilder(all);
        builder.environment().keySet().removeIf(name -> name.startsWith("QUARKUS_") || name.startsWith("PMS_EVENTS_"));
        environment(database).forEach((name, value) -> {
            if (name.startsWith("QUARKUS_DATASOURCE_")) {
                builder.environment().put(name, value);
            }
        });
        return DebianPostgres.run(builder);
    }

    private Map<String, String> environment(URI database) {
        var environment = new HashMap<>(cluster.environment());
        environment.remove("PMS_EVENTS_MIGRATION_URL");
        environment.put(
                "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:" + database.getPort() + database.getPath());
        environment.put("QUARKUS_DATASOURCE_USERNAME", DebianPostgres.USER);
        environment.put("QUARKUS_DATASOURCE_PASSWORD", DebianPostgres.USER);
        return environment;
    }

    private Replica start(URI database) {
        var replica = cluster.start(0, environment(database));
        await("the replica is ready").atMost(SOON).until(replica::isReady);
        return replica;
    }

    private static RequestSpecification as(Replica replica, String... roles) {
        return given().baseUri(replica.address().toString()).header("Authorization", Tokens.bearer("olga", roles));
    }

    private static void create(Replica replica, String sku) {
        as(replica, "editor")
                .contentType("application/json")
                .body(Client.product(sku))
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    private static int reads(Replica replica, String sku) {
        return as(replica, "viewer").get("/api/products/" + sku).statusCode();
    }

    private static String epoch(Replica replica) {
        return as(replica, "viewer").get("/api/events?after=0").path("epoch");
    }

    @Test
    void aDumpIsRestoredAndCopied() throws Exception {
        var production = server("production");
        var before = start(production.database("pms_events"));
        create(before, first);
        production.ask("pms_events", """
                INSERT INTO job (id, kind, payload, state, priority, run_at, max_attempts, actor, trace_id)
                VALUES (gen_random_uuid(), 'pms.sync', '{"sku":"none"}', 'scheduled', 0, now() + interval '1 day', 10, 't', 't')
                """);
        var epoch = epoch(before);

        postgres(
                "pg_dump",
                Map.of("DATABASE_URL", production.database("pms_events").toString()));
        assertThat(folder.resolve("pms.dump")).isNotEmptyFile();
        create(before, second);
        before.terminate();

        // Restore
        var another = server("another");
        restore(another, "pms_events");
        assertThat(service("upgrade.md", "migrate", another.database("pms_events")))
                .contains("The database is up to date.");
        var restored = start(another.database("pms_events"));
        assertThat(reads(restored, first)).isEqualTo(200);
        assertThat(reads(restored, second)).isEqualTo(404);
        as(restored, "viewer")
                .get("/api/events?after=1&epoch=" + epoch)
                .then()
                .statusCode(410)
                .body("code", equalTo("feed-restarted"));
        await("the alert")
                .atMost(SOON)
                .until(() -> another.ask(
                                "pms_events",
                                "SELECT count(*) FROM job WHERE kind = 'admin.alert' AND payload::text LIKE '%feed-epoch%'")
                        .equals("1"));
        create(restored, second);
        assertThat(job(another, "pms_events")).isEqualTo("scheduled");

        // Copy
        another.ask("CREATE DATABASE copied");
        restore(another, "copied");
        service("backup.md", "renew-feed", another.database("copied"));
        assertThat(job(another, "copied")).isEqualTo("cancelled");
        assertThat(another.ask("copied", "SELECT feed_id FROM feed_head")).isNotEqualTo(epoch);
        var copy = start(another.database("copied"));
        assertThat(reads(copy, first)).isEqualTo(200);
        assertThat(reads(copy, second)).isEqualTo(404);
    }

    private void restore(DebianPostgres server, String database) throws Exception {
        postgres("pg_restore", Map.of("DATABASE_URL", server.database(database).toString()));
    }

    private static String job(DebianPostgres server, String database) throws Exception {
        return server.ask(database, "SELECT state FROM job WHERE kind = 'pms.sync'");
    }

    @Test
    void aStandbyTakesOver() throws Exception {
        var primary = server("primary");
        var address = new PostgresProxy(primary.database("pms_events"));
        open.add(address);
        var replica = start(URI.create("postgresql://127.0.0.1:" + address.port() + "/pms_events"));
        create(replica, first);
        var epoch = epoch(replica);

        postgres(
                "pg_basebackup --dbname",
                Map.of("PRIMARY_URL", primary.database("postgres").toString(), "FOLDER", "standby"));
        var standby = new DebianPostgres(folder.resolve("standby"));
        open.add(standby);
        assertThat(standby.ask("SELECT pg_is_in_recovery()")).isEqualTo("t");
        create(replica, second);
        var written = primary.ask("SELECT pg_current_wal_flush_lsn()");
        await("the standby has all")
                .until(() -> standby.ask("SELECT pg_last_wal_replay_lsn() >= '" + written + "'")
                        .equals("t"));

        primary.crash();
        postgres("psql", Map.of("STANDBY_URL", standby.database("postgres").toString()));
        assertThat(standby.ask("SELECT pg_is_in_recovery()")).isEqualTo("f");
        address.moveTo(standby.database("pms_events"));

        var third = Client.newSku("BACKUP");
        // a refused one may have been written: 409
        await("the replica writes")
                .atMost(SOON)
                .until(() -> List.of(201, 409)
                        .contains(as(replica, "editor")
                                .contentType("application/json")
                                .body(Client.product(third))
                                .post("/api/products")
                                .statusCode()));
        assertThat(reads(replica, third)).isEqualTo(200);
        assertThat(reads(replica, first)).isEqualTo(200);
        assertThat(reads(replica, second)).isEqualTo(200);
        assertThat(epoch(replica)).as("nothing was lost").isEqualTo(epoch);
    }
}
