package org.pmsevents.cluster;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/**
 * The classes of the packaged service as the JVM needs them, so that a replica on a JVM starts in half the time: a CDS archive
 * (JEP 350), from JDK 25 on an AOT cache (JEP 514). A run without servers makes it, once for each package, as
 * {@code deploy/train-aot.sh} does for the image.
 */
final class StartArchive {
    private static final boolean AOT = Runtime.version().feature() >= 25;
    private static final Map<String, String> NO_SERVERS = Map.of(
            "QUARKUS_DATASOURCE_REACTIVE_URL", "postgresql://127.0.0.1:1/none",
            "QUARKUS_DATASOURCE_USERNAME", "none",
            "QUARKUS_DATASOURCE_PASSWORD", "none",
            "QUARKUS_REDIS_HOSTS", "redis://127.0.0.1:1",
            "PMS_EVENTS_JWT_SECRET", "only-for-this-run-only-for-this-run",
            "QUARKUS_FLYWAY_MIGRATE_AT_START", "false");

    private StartArchive() {}

    /** The options that use the archive of a package; it is made if there is none that is newer than the package. */
    static synchronized List<String> of(Path runner) throws IOException {
        var archive = runner.resolveSibling(AOT ? "start.aot" : "start.jsa");
        try (var channel = FileChannel.open(
                        runner.resolveSibling("start.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var ignored = channel.lock()) {
            if (!isOf(runner, archive)) {
                make(archive);
            }
        }
        // what doesn't fit is left out by the JVM, whose warnings are no log lines of the service
        return List.of((AOT ? "-XX:AOTCache=" : "-XX:SharedArchiveFile=") + archive, "-Xlog:disable");
    }

    private static boolean isOf(Path runner, Path archive) throws IOException {
        return Files.exists(archive)
                && Files.getLastModifiedTime(archive).compareTo(Files.getLastModifiedTime(runner)) > 0;
    }

    private static void make(Path archive) throws IOException {
        Files.deleteIfExists(archive);
        try (var run = Replica.run(
                "start-archive",
                0,
                NO_SERVERS,
                List.of((AOT ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + archive, "-Xlog:disable"))) {
            run.address();
            run.terminate();
        }
        if (!Files.exists(archive)) {
            throw new IllegalStateException("the run of start-archive made no " + archive);
        }
    }
}
