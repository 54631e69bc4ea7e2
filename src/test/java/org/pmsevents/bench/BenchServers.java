package org.pmsevents.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.pmsevents.cluster.Replica;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.webhook.Signatures;

/** A PostgreSQL with a database for the service and one for pgbench, both durable, and a Redis. */
final class BenchServers implements AutoCloseable {
    private static final String SERVICE = "bench_service";
    private static final String LIMIT = "bench_limit";
    private static final long MILLIS_A_TICK = 10;
    private static final Pattern TPS = Pattern.compile("tps = ([0-9.]+)");

    private final OwnServers.Server postgres = OwnServers.embeddedPostgres();
    private final OwnServers.Server redis = OwnServers.redis();

    BenchServers() throws IOException, SQLException {
        execute("postgres", "CREATE DATABASE " + SERVICE);
        execute("postgres", "CREATE DATABASE " + LIMIT);
        execute(LIMIT, migrations());
    }

    private static String migrations() throws IOException {
        var all = new StringBuilder();
        var folder = Path.of("src", "main", "resources", "db", "migration");
        try (var files = Files.list(folder)) {
            var versions = files.filter(file -> file.getFileName().toString().startsWith("V"))
                    .sorted(Comparator.comparing(BenchServers::version))
                    .toList();
            for (var file : versions) {
                all.append(Files.readString(file)).append('\n');
            }
        }
        return all.toString();
    }

    /** Of {@code V12__name.sql}. */
    private static int version(Path migration) {
        return Integer.parseInt(migration.getFileName().toString().replaceAll("^V(\\d+)__.*", "$1"));
    }

    /** Starts a replica with the options of {@code -Dbench.options}. */
    Replica service(String name) {
        return Replica.start(
                name,
                0,
                Map.of(
                        "QUARKUS_DATASOURCE_REACTIVE_URL", url(SERVICE),
                        "QUARKUS_DATASOURCE_USERNAME", OwnServers.embeddedUsername(),
                        "QUARKUS_DATASOURCE_PASSWORD", OwnServers.embeddedPassword(),
                        "QUARKUS_REDIS_HOSTS", redis.address().toString(),
                        "PMS_EVENTS_JWT_SECRET", Tokens.SECRET,
                        "PMS_EVENTS_WEBHOOK_SECRETS", Signatures.SECRET,
                        "PMS_EVENTS_SUBSCRIPTIONS_ALLOW", "127.0.0.0/8"),
                System.getProperty(
                                "bench.options", "-Xmx512m -XX:TieredStopAtLevel=4 -XX:-UseSerialGC -XX:+UseParallelGC")
                        .split(" "));
    }

    void forService(String sql) throws SQLException {
        execute(SERVICE, sql);
    }

    void forLimit(String sql) throws SQLException {
        execute(LIMIT, sql);
    }

    /** The first column of the first row. */
    long askService(String query) throws SQLException {
        try (var connection = connect(SERVICE);
                var statement = connection.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Transactions a second of pgbench with this script, prepared, on the database of the limit. */
    double pgbench(Path script, String... options) throws IOException, InterruptedException {
        URI server = postgres.address();
        var command = new ArrayList<>(List.of("pgbench", "-n", "-M", "prepared", "-f", script.toString(), "-j", "2"));
        command.addAll(List.of(options));
        command.addAll(List.of("-h", server.getHost(), "-p", "" + server.getPort()));
        command.addAll(List.of("-U", OwnServers.embeddedUsername(), LIMIT));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PGPASSWORD", OwnServers.embeddedPassword());
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new IOException("pgbench is needed; Debian has it in postgresql-contrib", e);
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
        var tps = TPS.matcher(output);
        assertThat(tps.find()).as(output).isTrue();
        return Double.parseDouble(tps.group(1));
    }

    /** How much CPU PostgreSQL has used since its start: the server, and all processes that it has started. */
    Duration postgresCpu() throws IOException, SQLException {
        long server = askService("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::bigint");
        long ticks = ticks(server);
        try (var processes = ProcessHandle.of(server).orElseThrow().children()) {
            for (var each : processes.toList()) {
                ticks += ticks(each.pid());
            }
        }
        return Duration.ofMillis(ticks * MILLIS_A_TICK);
    }

    /** Processor time of a process and of those of its children that have ended: {@code /proc/PID/stat}, see proc(5). */
    private static long ticks(long pid) throws IOException {
        String line;
        try {
            line = Files.readString(Path.of("/proc/" + pid + "/stat"));
        } catch (NoSuchFileException ended) {
            return 0;
        }
        var fields = line.substring(line.lastIndexOf(')') + 2).split(" ", -1);
        return IntStream.rangeClosed(11, 14)
                .mapToLong(i -> Long.parseLong(fields[i]))
                .sum();
    }

    private void execute(String database, String sql) throws SQLException {
        try (var connection = connect(database);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:" + url(database), OwnServers.embeddedUsername(), OwnServers.embeddedPassword());
    }

    private String url(String database) {
        URI server = postgres.address();
        return "postgresql://" + server.getHost() + ":" + server.getPort() + "/" + database;
    }

    @Override
    public void close() throws IOException {
        redis.close();
        postgres.close();
    }
}
