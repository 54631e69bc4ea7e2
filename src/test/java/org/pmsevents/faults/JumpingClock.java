package org.pmsevents.faults;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * The clock of a replica's machine, which a test can have jump. Processes of one machine share its clock, so an agent puts another
 * {@code MachineClock} into the replica, the one class that reads it: one that adds what a file says.
 */
final class JumpingClock {
    private static final Path WORK = Path.of("target", "faults");
    private static final String REPLACED = "org/pmsevents/platform/clock/MachineClock";
    private static final String SOURCE = """
            package org.pmsevents.platform.clock;
            import java.nio.file.Files;
            import java.nio.file.Path;
            import java.time.Clock;
            import java.time.Instant;
            class MachineClock {
                Instant now() {
                    return Clock.systemUTC().instant().plusMillis(jump());
                }
                private static long jump() {
                    try {
                        return Long.parseLong(Files.readString(Path.of(System.getProperty("faults.clock"))).strip());
                    } catch (Exception none) {
                        return 0;
                    }
                }
            }
            """;

    private static @Nullable Path made;

    private final Path offset;

    JumpingClock(String name) {
        offset = WORK.resolve(name + ".clock").toAbsolutePath();
    }

    /** Of the JVM, for a replica that is to have this clock. */
    String option() throws IOException {
        Files.createDirectories(WORK);
        Files.deleteIfExists(offset);
        return "-javaagent:" + agent().toAbsolutePath() + "=" + offset;
    }

    /** From now on the clock is so far from the right time. */
    void set(Duration difference) throws IOException {
        var written =
                Files.writeString(WORK.resolve(offset.getFileName() + ".new"), Long.toString(difference.toMillis()));
        Files.move(written, offset, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Made anew by each run. */
    private static synchronized Path agent() throws IOException {
        var jar = made;
        if (jar == null) {
            jar = makeAgent();
            made = jar;
        }
        return jar;
    }

    private static Path makeAgent() throws IOException {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", JumpingClockAgent.class.getName());
        var making = WORK.resolve("clock-agent.jar.new");
        var agent = JumpingClockAgent.class.getName().replace('.', '/') + ".class";
        try (var out = new JarOutputStream(Files.newOutputStream(making), manifest);
                InputStream code = JumpingClock.class.getClassLoader().getResourceAsStream(agent)) {
            out.putNextEntry(new JarEntry(agent));
            out.write(code.readAllBytes());
            out.putNextEntry(new JarEntry(JumpingClockAgent.CODE));
            out.write(compiled());
        }
        return Files.move(making, WORK.resolve("clock-agent.jar"), StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] compiled() throws IOException {
        var classes = Files.createDirectories(WORK.resolve("classes"));
        var source =
                new SimpleJavaFileObject(URI.create("string:///" + REPLACED + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return SOURCE;
                    }
                };
        boolean done = ToolProvider.getSystemJavaCompiler()
                .getTask(
                        null,
                        null,
                        null,
                        List.of("-d", classes.toString(), "--release", "17", "-proc:none"),
                        null,
                        List.of(source))
                .call();
        if (!done) {
            throw new IllegalStateException("the clock does not compile");
        }
        return Files.readAllBytes(classes.resolve(REPLACED + ".class"));
    }
}
