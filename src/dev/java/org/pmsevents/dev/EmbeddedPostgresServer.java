package org.pmsevents.dev;

import io.quarkus.deployment.builditem.Startable;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL of dev mode and the tests: with the durability settings of production, on the loopback address only, and on
 * a free port.
 */
final class EmbeddedPostgresServer implements Startable {
    static final String USERNAME = "postgres";

    /** The server trusts every local connection, but the drivers require a password. */
    static final String PASSWORD = "postgres";

    private final ServerFolder folder;
    private final ExitHook exitHook;
    private @Nullable EmbeddedPostgres server;
    private @Nullable PgBouncer pooler;

    EmbeddedPostgresServer(ServerFolder folder) {
        this.folder = folder;
        this.exitHook = new ExitHook(this, folder.isKept());
    }

    @Override
    public void start() {
        refuseRootWithoutNamespaces();
        // Where the library unpacks PostgreSQL. Its default is one folder for all users of the machine.
        System.setProperty("ot.epg.working-dir", ServerFolder.PER_USER.toString());
        Path data = folder.path().resolve("data");
        exitHook.register();
        try {
            Files.createDirectories(data);
            server = EmbeddedPostgres.builder()
                    .setDataDirectory(data)
                    .setCleanDataDirectory(false)
                    .setRegisterShutdownHook(false)
                    .setPGStartupWait(Duration.ofSeconds(60))
                    .setServerConfig("listen_addresses", "127.0.0.1")
                    .setServerConfig("unix_socket_directories", "")
                    // The library switches both off.
                    .setServerConfig("fsync", "on")
                    .setServerConfig("synchronous_commit", "on")
                    // Room for several replicas.
                    .setServerConfig("max_connections", "200")
                    // The same order of text on every machine.
                    .setLocaleConfig("locale-provider", "builtin")
                    .setLocaleConfig("builtin-locale", "C.UTF-8")
                    .setLocaleConfig("locale", "C")
                    .start();
            if (PgBouncer.isWanted()) {
                pooler = new PgBouncer(folder, server.getPort());
                pooler.start();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL did not start in " + data, e);
        }
    }

    private static void refuseRootWithoutNamespaces() {
        boolean root = "root".equals(System.getProperty("user.name"));
        if (root && System.getProperty("os.name").startsWith("Linux") && !LinuxUtils.isUnshareAvailable()) {
            throw new IllegalStateException("PostgreSQL refuses to run as root, and this machine does not allow the"
                    + " workaround (unshare -U). Run the build as another user, or set QUARKUS_DATASOURCE_REACTIVE_URL,"
                    + " QUARKUS_DATASOURCE_USERNAME and QUARKUS_DATASOURCE_PASSWORD to a PostgreSQL of your own.");
        }
    }

    /** The address for a service: that of the pooler if there is one. */
    @Override
    public String getConnectionInfo() {
        PgBouncer before = pooler;
        return before == null ? address() : url(before.port());
    }

    /** The address of the server itself. */
    String address() {
        EmbeddedPostgres running = server;
        if (running == null) {
            throw new IllegalStateException("PostgreSQL has not been started");
        }
        return url(running.getPort());
    }

    private static String url(int port) {
        return "postgresql://127.0.0.1:" + port + "/postgres";
    }

    @Override
    public @Nullable String getContainerId() {
        return null;
    }

    @Override
    public synchronized void close() throws IOException {
        try (exitHook;
                folder) {
            if (pooler != null) {
                pooler.close();
            }
            if (server != null) {
                server.close();
            }
        }
    }
}
