package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A server of an installed PostgreSQL, which has the programs of operators, unlike the embedded one: Debian's {@code postgresql-15} or newer. */
final class DebianPostgres implements AutoCloseable {
    static final String USER = "pms";
    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

    private final int port = Cluster.freePort();
    private final Path data;
    private final Process process;

    /** The folder of the newest version's programs; empty if none is installed. */
    static Optional<Path> programs() {
        if (!Files.isDirectory(VERSIONS)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(VERSIONS)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max(Comparator.comparing(
                            bin -> Integer.valueOf(bin.getParent().getFileName().toString())));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Starts a server on a folder that {@code initdb} or {@code pg_basebackup} has made. */
    DebianPostgres(Path data) throws IOException {
        this.data = data;
        this.process = new ProcessBuilder(command(
                        "postgres",
                        "-D",
                        data.toString(),
                        "-p",
                        Integer.toString(port),
                        "-c",
                        "listen_addresses=127.0.0.1",
                        "-c",
                        "unix_socket_directories=",
                        "-c",
                        "fsync=off",
                        "-c",
                        "max_connections=100"))
                .redirectErrorStream(true)
                .redirectOutput(data.resolveSibling(data.getFileName() + ".log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        await("PostgreSQL answers")
                .ignoreExceptions()
                .until(() -> ask("SELECT 'yes'").equals("yes"));
    }

    /** A new one, with the users and rights of a real one but without passwords. */
    static DebianPostgres create(Path data) throws IOException, InterruptedException {
        run(
                data.getParent(),
                command("initdb", "-D", data.toString(), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"));
        return new DebianPostgres(data);
    }

    /** PostgreSQL refuses to run as root. */
    private static List<String> command(String program, String... options) {
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(programs().orElseThrow().resolve(program).toString());
        command.addAll(List.of(options));
        return command;
    }

    /** Runs a program to its end, which has to be a good one; tells what it has said. */
    static String run(Path folder, List<String> command) throws IOException, InterruptedException {
        return run(new ProcessBuilder(command).directory(folder.toFile()));
    }

    static String run(ProcessBuilder program) throws IOException, InterruptedException {
        var command = program.command();
        var output = Files.createTempFile("pms-events-said", ".txt");
        var process = program.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean ended = process.waitFor(60, TimeUnit.SECONDS);
            var said = Files.readString(output);
            assertThat(ended).as("end of %s%n%s", command, said).isTrue();
            assertThat(process.exitValue()).as(command + "\n" + said).isZero();
            return said;
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }

    /** Its address, as programs and the service have it. */
    URI database(String name) {
        return URI.create("postgresql://" + USER + "@127.0.0.1:" + port + "/" + name);
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, USER, USER);
    }

    String ask(String query) throws SQLException {
        return ask("postgres", query);
    }

    String ask(String database, String query) throws SQLException {
        try (var connection = connect(database);
                var statement = connection.createStatement()) {
            if (!statement.execute(query)) {
                return "";
            }
            try (var rows = statement.getResultSet()) {
                return rows.next() ? String.valueOf(rows.getString(1)) : "";
            }
        }
    }

    /** As when its machine is lost. */
    void crash() throws IOException, InterruptedException {
        if (process.isAlive()) {
            // an immediate shutdown, which ends its children, too
            new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
    }

    @Override
    public void close() throws IOException, InterruptedException {
        crash();
        try (var files = Files.walk(data)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}
