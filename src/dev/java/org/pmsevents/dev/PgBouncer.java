package org.pmsevents.dev;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A PgBouncer in transaction mode between the service and the PostgreSQL of the tests, if the system property {@code pms.pooler} is set.
 * It must be installed on this machine.
 */
final class PgBouncer implements Closeable {
    /** The settings of a service behind a pooler in transaction mode; migrations connect to the server itself. */
    static final Map<String, String> SETTINGS = Map.of(
            "quarkus.datasource.reactive.postgresql.use-layer7-proxy", "true",
            "quarkus.datasource.reactive.cache-prepared-statements", "false");

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    private static final String CONFIGURATION = """
        [databases]
        * = host=127.0.0.1 port=%d user=%s password=%s
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = %d
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        ignore_startup_parameters = extra_float_digits
        max_client_conn = 1000
        default_pool_size = 20
        server_connect_timeout = 5
        """;

    private final ServerFolder folder;
    private final int serverPort;
    private @Nullable Process process;
    private int port;

    /** @param serverPort where PostgreSQL listens on this machine */
    PgBouncer(ServerFolder folder, int serverPort) {
        this.folder = folder;
        this.serverPort = serverPort;
    }

    static boolean isWanted() {
        return System.getProperty("pms.pooler") != null;
    }

    void start() {
        try {
            for (int attempt = 1; attempt <= 3; attempt++) {
                if (launched()) {
                    return;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("PgBouncer did not start; is it installed (Debian: pgbouncer)?", e);
        }
        throw new IllegalStateException("PgBouncer did not start; its log is " + log());
    }

    private boolean launched() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, LOOPBACK)) {
            port = free.getLocalPort();
        }
        Path configuration = folder.path().resolve("pgbouncer.ini");
        Files.writeString(
                configuration,
                CONFIGURATION.formatted(
                        serverPort, EmbeddedPostgresServer.USERNAME, EmbeddedPostgresServer.PASSWORD, port));
        List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // PgBouncer refuses to run as root, like PostgreSQL, and needs the same workaround.
            command.addAll(List.of("unshare", "-U"));
        }
        command.addAll(List.of(executable(), configuration.toString()));
        Process launched = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log().toFile())
                .start();
        process = launched;
        return EmbeddedRedisServer.accepts(launched, port);
    }

    /** Debian installs it in a directory that is only in root's path. */
    private static String executable() {
        return Files.isExecutable(Path.of("/usr/sbin/pgbouncer")) ? "/usr/sbin/pgbouncer" : "pgbouncer";
    }

    private Path log() {
        return folder.path().resolve("pgbouncer.log");
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        Process running = process;
        if (running != null && running.isAlive()) {
            running.destroy();
            try {
                if (!running.waitFor(5, TimeUnit.SECONDS)) {
                    running.destroyForcibly();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                running.destroyForcibly();
            }
        }
    }
}
