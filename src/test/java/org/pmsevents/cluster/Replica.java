package org.pmsevents.cluster;

import io.restassured.RestAssured;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One process of the packaged service, jar or native executable, that a test starts, pauses and kills. */
public final class Replica implements AutoCloseable {
    private static final Pattern LISTENING =
            // in text or, as is the default, in JSON
            Pattern.compile(
                    "Listening on: (http://\\S+?)\\.? .*Management interface listening on (http://[^\\s\"]+?)\\.?(?:\"|$)");
    private static final Path TARGET = Path.of("target");
    private static final Path LOGS = TARGET.resolve("replica-logs");
    private static final String HEAP = "-Xmx256m";

    /** Those that may be running; none outlives the tests, also when these are cut off. */
    private static final Set<Process> STARTED = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> STARTED.forEach(Process::destroyForcibly), "end of replicas"));
    }

    private final Process process;
    private final Path log;
    private final CompletableFuture<URI> address = new CompletableFuture<>();
    private final CompletableFuture<URI> management = new CompletableFuture<>();

    private Replica(Process process, String name) {
        this.process = process;
        STARTED.add(process);
        var unused = process.onExit().thenAccept(STARTED::remove);
        this.log = LOGS.resolve(name + ".log");
        var reader = new Thread(() -> read(name), "output of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a process and returns at once; {@link #address()} waits until it listens.
     *
     * @param port 0 for any
     * @param options of the JVM or the native executable, such as {@code -Dname=value}
     */
    public static Replica start(String name, int port, Map<String, String> environment, String... options) {
        try {
            var all = new ArrayList<>(List.of(options));
            if (!isNative()) {
                all.addAll(StartArchive.of(artifact()));
            }
            return run(name, port, environment, all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a process with these options and no others. */
    static Replica run(String name, int port, Map<String, String> environment, List<String> options) {
        try {
            Files.createDirectories(LOGS);
            var builder = new ProcessBuilder(command(options.toArray(String[]::new))).redirectErrorStream(true);
            builder.environment()
                    .keySet()
                    .removeIf(key -> Stream.of("QUARKUS_", "PMS_EVENTS_", "OTEL_", "JAVA_", "JDK_", "_JAVA_")
                            .anyMatch(key::startsWith));
            builder.environment().putAll(environment);
            builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
            builder.environment().put("QUARKUS_HTTP_PORT", Integer.toString(port));
            builder.environment().put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
            builder.environment().put("QUARKUS_MANAGEMENT_PORT", "0");
            return new Replica(builder.start(), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the package that was built last, jar or native executable. */
    public static List<String> command(String... options) throws IOException {
        var command = new ArrayList<String>();
        if (isNative()) {
            Collections.addAll(command, artifact().toString(), HEAP);
            Collections.addAll(command, options);
        } else {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            Collections.addAll(command, HEAP, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
            Collections.addAll(command, options);
            Collections.addAll(command, "-jar", artifact().toString());
        }
        return command;
    }

    /** Whether the package that was built last is a native executable. */
    public static boolean isNative() throws IOException {
        return built().getProperty("type").equals("native");
    }

    private static Path artifact() throws IOException {
        return TARGET.resolve(built().getProperty("path"));
    }

    private static Properties built() throws IOException {
        var built = new Properties();
        try (var description = Files.newBufferedReader(TARGET.resolve("quarkus-artifact.properties"))) {
            built.load(description);
        }
        return built;
    }

    private void read(String name) {
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (var line = lines.readLine(); line != null; line = lines.readLine()) {
                Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                var listening = LISTENING.matcher(line);
                if (listening.find()) {
                    address.complete(URI.create(listening.group(1)));
                    management.complete(URI.create(listening.group(2)));
                }
            }
        } catch (IOException e) {
            // the process has ended
        }
        var ended = new IllegalStateException(name + " has ended, see " + log);
        address.completeExceptionally(ended);
        management.completeExceptionally(ended);
    }

    /** The lines that it has logged so far and that have this in them. */
    public List<String> logged(String text) {
        if (!Files.exists(log)) {
            return List.of();
        }
        try (var lines = Files.lines(log)) {
            return lines.filter(line -> line.contains(text)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All that it has written so far. */
    public String log() {
        return String.join("\n", logged(""));
    }

    /** Where it listens; waits until it does. */
    public URI address() {
        return address.orTimeout(90, TimeUnit.SECONDS).join();
    }

    public URI management() {
        return management.orTimeout(90, TimeUnit.SECONDS).join();
    }

    /** Whether it has joined the feed; it listens a moment earlier. */
    public boolean isReady() {
        return RestAssured.get(management().resolve("/q/health/ready")).statusCode() == 200;
    }

    /** How much CPU it has used since its start. */
    public Duration cpuTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    /** The most memory that it has had at once, in bytes. */
    public long peakBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> 1_024 * Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElseThrow();
    }

    /** How many bytes of a JVM's heap are in use once all garbage has been collected; a native executable does not tell. */
    public long liveBytes() {
        try {
            var histogram = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "jcmd")
                                    .toString(),
                            Long.toString(process.pid()),
                            "GC.class_histogram")
                    .redirectErrorStream(true)
                    .start();
            try (var lines = histogram.inputReader(StandardCharsets.UTF_8)) {
                var total = lines.lines()
                        .filter(line -> line.startsWith("Total"))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalStateException("jcmd tells no total of process " + process.pid()));
                return Long.parseLong(total.split("\\s+")[2]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** {@code kill -9}. */
    public void kill() {
        process.destroyForcibly();
        waitForEnd();
    }

    /** SIGTERM, as Kubernetes sends it; waits for the end, and tells the exit code. */
    public int terminate() {
        askToEnd();
        return waitForEnd();
    }

    /** SIGTERM, and returns at once. By the handle: the process itself would close the pipe that its last lines go to. */
    public void askToEnd() {
        process.toHandle().destroy();
    }

    /** SIGSTOP: nothing of it runs until {@link #resume()}. */
    public void pause() {
        signal("STOP");
    }

    public void resume() {
        signal("CONT");
    }

    /** Has a JVM write what all its threads are doing into its log, with what they hold; a native executable can't. */
    public void dumpThreads() {
        signal("QUIT");
    }

    private void signal(String name) {
        try {
            int exit = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
            if (exit != 0) {
                throw new IllegalStateException("kill -" + name + " answered " + exit);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int waitForEnd() {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the process does not end");
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    @Override
    public void close() {
        kill();
    }
}
