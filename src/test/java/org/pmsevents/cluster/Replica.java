package org.pmsevents.cluster;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One process of the packaged service, jar or native executable, that a test starts, pauses and kills. */
public final class Replica implements AutoCloseable {
    private static final Pattern LISTENING =
            Pattern.compile("Listening on: (http://\\S+?)\\.? .*Management interface listening on (http://\\S+?)\\.?$");
    private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");
    private static final Path LOGS = Path.of("target", "replica-logs");

    private final Process process;
    private final CompletableFuture<URI> address = new CompletableFuture<>();
    private final CompletableFuture<URI> management = new CompletableFuture<>();

    private Replica(Process process, String name) {
        this.process = process;
        var reader = new Thread(() -> read(name), "output of " + name);
        reader.setDaemon(true);
        reader.start();
    }

    /**
     * Starts a process and returns at once; {@link #address()} waits until it listens.
     *
     * @param port 0 for any
     */
    public static Replica start(String name, int port, Map<String, String> environment) {
        try {
            Files.createDirectories(LOGS);
            var builder = new ProcessBuilder(command()).redirectErrorStream(true);
            builder.environment()
                    .keySet()
                    .removeIf(key -> Stream.of("QUARKUS_", "PMS_EVENTS_", "JAVA_", "JDK_", "_JAVA_")
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

    private static List<String> command() throws IOException {
        if (Files.exists(JAR)) {
            return List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:TieredStopAtLevel=1",
                    "-jar",
                    JAR.toString());
        }
        try (var files = Files.list(Path.of("target"))) {
            var executable = files.filter(file -> file.toString().endsWith("-runner"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("Package the service first: ./mvnw package"));
            return List.of(executable.toString(), "-Xmx256m");
        }
    }

    private void read(String name) {
        var log = LOGS.resolve(name + ".log");
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

    /** Where it listens; waits until it does. */
    public URI address() {
        return address.orTimeout(90, TimeUnit.SECONDS).join();
    }

    public URI management() {
        return management.orTimeout(90, TimeUnit.SECONDS).join();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** {@code kill -9}. */
    public void kill() {
        process.destroyForcibly();
        waitForEnd();
    }

    /** SIGTERM, as Kubernetes sends it. */
    public int terminate() {
        process.destroy();
        return waitForEnd();
    }

    /** SIGSTOP: nothing of it runs until {@link #resume()}. */
    public void pause() {
        signal("STOP");
    }

    public void resume() {
        signal("CONT");
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
