package org.pmsevents.dev;

import io.quarkus.deployment.builditem.Startable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The Redis of dev mode and the tests: on the loopback address only, on a free port, and without persistence, because the
 * service never relies on data in Redis to survive.
 */
final class EmbeddedRedisServer implements Startable {
    private static final String VERSION = "7.0.15";
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final ServerFolder folder;
    private final boolean inCluster;
    private final ExitHook exitHook;
    private @Nullable Process process;
    private int port;
    private int busPort;

    EmbeddedRedisServer(ServerFolder folder) {
        this(folder, false);
    }

    private EmbeddedRedisServer(ServerFolder folder, boolean inCluster) {
        this.folder = folder;
        this.inCluster = inCluster;
        this.exitHook = new ExitHook(this, folder.isKept());
    }

    /** A cluster node that knows no other node yet and has no slots. */
    static EmbeddedRedisServer clusterNode(ServerFolder folder) {
        return new EmbeddedRedisServer(folder, true);
    }

    @Override
    public void start() {
        exitHook.register();
        try {
            Path executable = executable();
            for (int attempt = 1; !answers(); attempt++) {
                if (attempt > 3) {
                    throw new IllegalStateException(
                            "Redis did not start; its log is " + folder.path().resolve("redis.log"));
                }
                launch(executable);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Redis did not start in " + folder.path(), e);
        }
    }

    private void launch(Path executable) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, LOOPBACK);
                ServerSocket another = new ServerSocket(0, 1, LOOPBACK)) {
            port = free.getLocalPort();
            busPort = another.getLocalPort();
        }
        List<String> command = new ArrayList<>(List.of(
                executable.toString(),
                "--bind",
                LOOPBACK.getHostAddress(),
                "--port",
                Integer.toString(port),
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder.path().toString(),
                "--pidfile",
                folder.path().resolve("redis.pid").toString()));
        if (inCluster) {
            command.addAll(List.of("--cluster-enabled", "yes", "--cluster-port", Integer.toString(busPort)));
        }
        process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.path().resolve("redis.log").toFile())
                .start();
    }

    /** Whether our process accepts connections, not another one that took the port first. */
    private boolean answers() {
        Process launched = process;
        if (launched == null) {
            return false;
        }
        if (accepts(launched, port)) {
            return true;
        }
        stop();
        return false;
    }

    /** Waits until a process listens, it exits, or the time is up. */
    static boolean accepts(Process launched, int port) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < deadline) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(LOOPBACK, port), 500);
                return launched.isAlive();
            } catch (IOException e) {
                if (exitedWithin(launched, 20)) {
                    return false;
                }
            }
        }
        return false;
    }

    private static boolean exitedWithin(Process launched, long millis) {
        try {
            return launched.waitFor(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** The server of the library's jar, unpacked once for each user. */
    private static Path executable() throws IOException {
        String name = "redis-server-" + VERSION + "-" + system() + "-" + architecture();
        Path unpacked = ServerFolder.PER_USER.resolve(name);
        if (Files.isExecutable(unpacked)) {
            return unpacked;
        }
        try (InputStream packed = EmbeddedRedisServer.class.getResourceAsStream("/" + name)) {
            if (packed == null) {
                throw new IllegalStateException("There is no embedded Redis for this system (" + system() + " "
                        + architecture() + "): set QUARKUS_REDIS_HOSTS to one of your own.");
            }
            Files.createDirectories(ServerFolder.PER_USER);
            Path part = Files.createTempFile(ServerFolder.PER_USER, name, ".part");
            Files.copy(packed, part, StandardCopyOption.REPLACE_EXISTING);
            if (!part.toFile().setExecutable(true)) {
                throw new IOException("Could not make " + part + " executable");
            }
            return Files.move(part, unpacked, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    private static String system() {
        String name = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        return name.startsWith("mac") ? "darwin" : name;
    }

    private static String architecture() {
        String name = System.getProperty("os.arch");
        return switch (name) {
            case "x86_64" -> "amd64";
            case "aarch64" -> "arm64";
            default -> name;
        };
    }

    int port() {
        return port;
    }

    int busPort() {
        return busPort;
    }

    @Override
    public String getConnectionInfo() {
        return "redis://" + LOOPBACK.getHostAddress() + ":" + port;
    }

    @Override
    public @Nullable String getContainerId() {
        return null;
    }

    private void stop() {
        Process running = process;
        if (running != null && running.isAlive()) {
            ServerFolder.stop(running.toHandle());
        }
    }

    @Override
    public synchronized void close() throws IOException {
        try (exitHook;
                folder) {
            stop();
        }
    }
}
