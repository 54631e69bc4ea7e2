package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;

/** A file system of its own for the table of events, small enough to be filled. Takes root, and the right to mount. */
final class SmallDisk implements AutoCloseable {
    private static final String TABLESPACE = "small_disk";
    private static final int BLOCK = 1 << 12;
    private static final long SPARE = 32 << 20;

    private final Ground ground;
    private final Path folder;
    private final Path filling;

    SmallDisk(Ground ground) throws Exception {
        this.ground = ground;
        this.folder = mount(ground.number("SELECT pg_relation_size('event')") + SPARE);
        this.filling = folder.resolve("filling");
        try {
            var location = Files.createDirectory(folder.resolve("tablespace"));
            ground.execute("CREATE TABLESPACE " + TABLESPACE + " LOCATION '" + location + "'");
            moveEvents(TABLESPACE);
        } catch (IOException | SQLException e) {
            unmount(folder);
            throw e;
        }
    }

    static boolean isPossible() {
        try {
            unmount(mount(SPARE));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Path mount(long bytes) throws IOException {
        var folder = Files.createTempDirectory("small-disk");
        if (run("mount", "-t", "tmpfs", "-o", "mode=0700,size=" + bytes, "tmpfs", folder.toString()) != 0) {
            Files.delete(folder);
            throw new IOException("no file system can be mounted");
        }
        return folder;
    }

    /** Lazily: PostgreSQL keeps the files of the table open for a while. */
    private static void unmount(Path folder) throws IOException {
        assertThat(run("umount", "-l", folder.toString())).as("umount").isZero();
        Files.delete(folder);
    }

    private static int run(String... command) throws IOException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void moveEvents(String tablespace) throws SQLException {
        ground.execute("ALTER TABLE event SET TABLESPACE " + tablespace);
    }

    /** Writes until there is no room. */
    void fill() throws IOException {
        try (var out = Files.newOutputStream(filling)) {
            while (true) {
                out.write(new byte[BLOCK]);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    void free() throws IOException {
        Files.deleteIfExists(filling);
    }

    @Override
    public void close() throws IOException, SQLException {
        free();
        try {
            moveEvents("pg_default");
            ground.execute("DROP TABLESPACE " + TABLESPACE);
        } finally {
            unmount(folder);
        }
    }
}
