package org.pmsevents.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.deployment.pkg.builditem.OutputTargetBuildItem;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.Pure;

/** A second dev mode on used ports, or in a used folder, ends with one line before it builds anything: in a JVM of its own here. */
@Pure
class StartCheckProcessorTest {
    private static final String BUILDS = "builds";
    private static final Properties NONE = new Properties();

    @TempDir
    private Path project;

    /** What dev mode does first. */
    public static final class DevMode {
        private DevMode() {}

        public static void main(String... project) {
            new StartCheckProcessor().refuseWhatIsInUse(target(Path.of(project[0])), unused -> {});
            System.out.println(BUILDS);
        }
    }

    private static OutputTargetBuildItem target(Path project) {
        return new OutputTargetBuildItem(project.resolve("target"), "app", "app", false, NONE, Optional.empty());
    }

    private record Ended(int code, List<String> lines) {}

    private Ended devMode(int port) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Dquarkus.http.port=" + port,
                        "-Dquarkus.management.port=0",
                        DevMode.class.getName(),
                        project.toString())
                .redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeIf(
                        name -> Stream.of("QUARKUS_", "JAVA_", "JDK_", "_JAVA_").anyMatch(name::startsWith));
        var process = builder.start();
        try (var said = process.inputReader(StandardCharsets.UTF_8)) {
            var lines = said.lines().toList();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            return new Ended(process.exitValue(), lines);
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whatIsFreeIsUsed() throws Exception {
        assertThat(devMode(0)).isEqualTo(new Ended(0, List.of(BUILDS)));
    }

    @Test
    void aPortInUseEndsItWithOneLineThatNamesTheOption() throws Exception {
        try (var other = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            var ended = devMode(other.getLocalPort());

            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.lines())
                    .containsExactly("PMS Events can't start. Port " + other.getLocalPort()
                            + " is in use: stop the process that uses it, or choose another port with"
                            + " -Dquarkus.http.port=<another port>.");
        }
    }

    /** The dev mode that uses the folder also uses the port, which says nothing more. */
    @Test
    void aFolderInUseEndsItWithOneLineThatNamesTheProcess() throws Exception {
        var server = EmbeddedServersProcessor.ADDRESSES.keySet().iterator().next();
        var folder = EmbeddedServersProcessor.dataFolder(server, target(project));
        try (var mine = ServerFolder.kept(folder);
                var other = new ServerSocket(0, 1, InetAddress.getByName("localhost"))) {
            assertThat(mine.path()).isEqualTo(folder);
            var ended = devMode(other.getLocalPort());

            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.lines())
                    .singleElement()
                    .asString()
                    .startsWith("PMS Events can't start. Another dev mode (process "
                            + ProcessHandle.current().pid() + ") uses the data in " + folder + ": stop it")
                    .doesNotContain("Port");
        }
    }
}
