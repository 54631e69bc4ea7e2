package org.pmsevents.dev;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A folder that one run (a JVM) owns while it lives, so that two runs never share a server's data, and the next run stops the
 * servers of a killed one.
 *
 * <p>A run is identified by its process id and start time. A server's own pid file names the process to stop; it is ignored
 * unless that process runs an executable of ours. (No file locks: closing any channel to a locked file drops the lock of
 * the whole JVM, and dev mode and its continuous tests are one JVM.)
 */
final class ServerFolder implements Closeable {
    private static final Logger LOG = Logger.getLogger(ServerFolder.class);
    private static final String OWNER = "owner";
    private static final List<String> PID_FILES = List.of("data/postmaster.pid", "redis.pid");

    /** Shared by all runs of this user: the unpacked servers, and the folders of test runs. */
    static final Path PER_USER = Path.of(System.getProperty("user.home"), ".cache", "pms-events");

    private final Path path;
    private final boolean temporary;
    private boolean closed;

    private ServerFolder(Path path, boolean temporary) {
        this.path = path;
        this.temporary = temporary;
    }

    Path path() {
        return path;
    }

    /** Whether this is a folder of dev mode, whose content outlives the run. */
    boolean isKept() {
        return !temporary;
    }

    /** Takes a folder whose content outlives the run. */
    static ServerFolder kept(Path path) {
        Path owner = path.resolve(OWNER);
        try {
            Files.createDirectories(path);
            String problem = inUse(path);
            if (problem != null) {
                throw new IllegalStateException(problem);
            }
            stopLeftServers(path);
            Files.writeString(owner, thisRun());
            return new ServerFolder(path, false);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not use the folder " + path, e);
        }
    }

    /** One line that says which process uses the folder and what to do; null if no other run uses it. */
    static @Nullable String inUse(Path path) throws IOException {
        Path owner = path.resolve(OWNER);
        String run = Files.exists(owner) ? Files.readString(owner).strip() : "";
        return run.equals(thisRun()) || !isAlive(run)
                ? null
                : "Another dev mode (process " + run.replaceAll("-.*", "") + ") uses the data in " + path
                        + ": stop it, or give this one servers of its own with QUARKUS_DATASOURCE_REACTIVE_URL and"
                        + " QUARKUS_REDIS_HOSTS.";
    }

    /** Makes an empty folder that is removed at the end, and removes the folders of killed runs. */
    static ServerFolder temporary(String server) {
        Path parent = PER_USER.resolve("runs");
        try {
            Files.createDirectories(parent);
            sweep(parent);
            return new ServerFolder(
                    Files.createDirectory(parent.resolve(thisRun() + "-" + server + "-" + UUID.randomUUID())), true);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not make a folder in " + parent, e);
        }
    }

    private static void sweep(Path parent) throws IOException {
        List<Path> left;
        try (Stream<Path> folders = Files.list(parent)) {
            left = folders.filter(folder -> !isAlive(folder.getFileName().toString()))
                    .toList();
        }
        for (Path folder : left) {
            stopLeftServers(folder);
            delete(folder);
        }
    }

    /** {@code 4711-1763931000000}: process id and start time in milliseconds. */
    private static String thisRun() {
        ProcessHandle self = ProcessHandle.current();
        return self.pid()
                + "-"
                + self.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private static boolean isAlive(String run) {
        String[] parts = run.split("-", 3);
        if (parts.length < 2 || !parts[0].matches("[0-9]{1,10}") || !parts[1].matches("[0-9]{1,15}")) {
            return false;
        }
        Instant started = Instant.ofEpochMilli(Long.parseLong(parts[1]));
        // The system may report a slightly different start time after its clock has been set.
        return ProcessHandle.of(Long.parseLong(parts[0]))
                .flatMap(process -> process.info().startInstant())
                .filter(start -> Duration.between(start, started).abs().compareTo(Duration.ofSeconds(5)) < 0)
                .isPresent();
    }

    private static void stopLeftServers(Path folder) throws IOException {
        for (String name : PID_FILES) {
            Path pidFile = folder.resolve(name);
            String pid = firstLine(pidFile);
            if (pid.matches("[0-9]{1,10}")) {
                ProcessHandle.of(Long.parseLong(pid))
                        .filter(ServerFolder::runsOurExecutable)
                        .ifPresent(ServerFolder::stop);
            }
            Files.deleteIfExists(pidFile);
        }
    }

    /** Empty if the file does not exist (any more): another run may be removing the same folder. */
    private static String firstLine(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst().map(String::strip).orElse("");
        } catch (NoSuchFileException e) {
            LOG.tracef(e, "There is no %s", file);
            return "";
        }
    }

    private static boolean runsOurExecutable(ProcessHandle process) {
        return process.info()
                .command()
                .filter(command -> Path.of(command).startsWith(PER_USER))
                .isPresent();
    }

    /** Stops a process, and kills it if it does not stop; a killed database recovers from its log at the next start. */
    static void stop(ProcessHandle process) {
        if (process.destroy() && hasEnded(process)) {
            return;
        }
        if (process.destroyForcibly() && !hasEnded(process)) {
            LOG.warnf("Process %d could not be stopped", process.pid());
        }
    }

    private static boolean hasEnded(ProcessHandle process) {
        try {
            process.onExit().get(5, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            LOG.debugf(e, "Process %d has not ended", process.pid());
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (temporary) {
            delete(path);
        } else {
            Files.deleteIfExists(path.resolve(OWNER));
        }
    }

    /** Ignores files that are gone already: another run may be removing the same folder. */
    private static void delete(Path folder) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> files = Files.walk(folder)) {
            deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException | UncheckedIOException e) {
            LOG.debugf(e, "%s is being removed by another run", folder);
            return;
        }
        for (Path file : deepestFirst) {
            Files.deleteIfExists(file);
        }
    }
}
