package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cluster.Cluster;

/**
 * A standby of the embedded PostgreSQL, with streaming replication. It is made as PostgreSQL's manual tells for a base backup by the
 * low-level API, since the embedded PostgreSQL comes without {@code pg_basebackup}.
 */
final class Standby implements AutoCloseable {
    /** What a base backup holds as an empty folder. */
    private static final Set<String> EMPTIED = Set.of(
            "pg_wal",
            "pg_replslot",
            "pg_dynshmem",
            "pg_notify",
            "pg_serial",
            "pg_snapshots",
            "pg_stat_tmp",
            "pg_subtrans");

    private static final Set<String> LEFT_OUT = Set.of("postmaster.pid", "postmaster.opts");

    private final int port = Cluster.freePort();
    private final Path folder = Files.createTempDirectory("standby");
    private final Path data = folder.resolve("data");
    private final Ground ground;
    private final Process process;

    Standby(Ground ground) throws IOException, SQLException {
        this.ground = ground;
        try {
            var primary = Path.of(String.valueOf(ground.ask("SHOW data_directory")));
            copy(primary);
            this.process = start(primary);
        } catch (IOException | SQLException | RuntimeException | Error e) {
            delete(folder);
            throw e;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        ground.ends(this);
        awaitInStep();
    }

    private void copy(Path primary) throws IOException, SQLException {
        try (var database = ground.database();
                var statement = database.createStatement()) {
            statement.execute("SELECT pg_backup_start('standby', true)");
            Files.walkFileTree(primary, new BaseBackup(primary, data));
            try (var stopped = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
                stopped.next();
                Files.writeString(data.resolve("backup_label"), stopped.getString(1));
            }
        }
        Files.createFile(data.resolve("standby.signal"));
        Files.writeString(
                data.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=" + ground.ask("SHOW port") + " user=postgres'\n",
                StandardOpenOption.APPEND);
    }

    private static final class BaseBackup extends SimpleFileVisitor<Path> {
        private final Path from;
        private final Path to;

        BaseBackup(Path from, Path to) {
            this.from = from;
            this.to = to;
        }

        @Override
        public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
            var name = from.relativize(folder);
            Files.copy(folder, to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
            return EMPTIED.contains(name.toString()) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            var name = from.relativize(file);
            if (!LEFT_OUT.contains(name.toString())) {
                try {
                    Files.copy(file, to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
                } catch (NoSuchFileException e) {
                    return visitFileFailed(file, e);
                }
            }
            return FileVisitResult.CONTINUE;
        }

        /** Dropped by the primary meanwhile, and so by what the standby replays. */
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure) throws IOException {
            return failure instanceof NoSuchFileException
                    ? FileVisitResult.CONTINUE
                    : super.postVisitDirectory(folder, failure);
        }
    }

    /** As the primary was started, on another port and folder. */
    private Process start(Path primary) throws IOException {
        long pid = Long.parseLong(
                Files.readAllLines(primary.resolve("postmaster.pid")).get(0));
        var running = ProcessHandle.of(pid).orElseThrow().info();
        var command = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            // PostgreSQL refuses to run as root
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(running.command().orElseThrow());
        command.addAll(List.of(running.arguments().orElseThrow()));
        command.addAll(List.of("-D", data.toString(), "-p", Integer.toString(port)));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    private void awaitInStep() {
        await("the standby is in step")
                .atMost(Ground.RECOVERED)
                .ignoreExceptions()
                .until(() -> {
                    var written = ground.ask("SELECT pg_current_wal_lsn()");
                    return ask("SELECT pg_last_wal_replay_lsn() >= '" + written + "'")
                            .equals("t");
                });
    }

    /** From now on nothing is acknowledged that the standby does not have. */
    void hasAll() throws SQLException {
        ground.execute("ALTER SYSTEM SET synchronous_standby_names = '*'");
        ground.execute("SELECT pg_reload_conf()");
        await("commits wait for the standby")
                .atMost(Ground.RECOVERED)
                .until(() -> ground.number("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") == 1);
    }

    /** From now on the standby gets nothing more. */
    void fallBehind() throws SQLException {
        ask("ALTER SYSTEM SET primary_conninfo = ''");
        ask("SELECT pg_reload_conf()");
        await("the standby is not connected")
                .atMost(Ground.RECOVERED)
                .until(() -> ground.number("SELECT count(*) FROM pg_stat_replication") == 0);
    }

    /** Makes it the primary, and has the service and the tests use it. Nobody reaches the old one from the beginning on. */
    void promote() throws SQLException {
        ground.cluster().postgres().takeAway();
        assertThat(ask("SELECT pg_promote(true, 60)")).isEqualTo("t");
        waitsForNobody();
        ground.cluster().moveTo(URI.create("postgresql://127.0.0.1:" + port + "/postgres"));
    }

    /** The primary no longer waits for this standby. */
    void waitsForNobody() throws SQLException {
        ground.execute("ALTER SYSTEM RESET synchronous_standby_names");
        ground.execute("SELECT pg_reload_conf()");
    }

    String ask(String query) throws SQLException {
        try (var connection = connect();
                var statement = connection.createStatement()) {
            if (!statement.execute(query)) {
                return "";
            }
            try (var rows = statement.getResultSet()) {
                return rows.next() ? String.valueOf(rows.getString(1)) : "";
            }
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + ground.ask("SELECT current_database()"),
                "postgres",
                "postgres");
    }

    @Override
    public void close() throws IOException {
        // an immediate shutdown, which ends its children, too
        try {
            new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        delete(folder);
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }
}
