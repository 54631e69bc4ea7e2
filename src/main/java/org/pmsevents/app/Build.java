package org.pmsevents.app;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.info.runtime.spi.InfoContributor;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Properties;

/** Says which version runs, and of which commit it was built, in {@code /q/info} and as a metric. */
@ApplicationScoped
public class Build {
    /** Written by the build: see {@code src/main/version}. */
    private static final String FILE = "/META-INF/pms-events.properties";

    private static final String UNKNOWN = "unknown";

    private final String version;
    private final String commit;

    Build() {
        this(read());
    }

    private Build(Properties built) {
        this.version = valueOf(built, "version");
        this.commit = valueOf(built, "commit");
    }

    void start(@Observes StartupEvent started, MeterRegistry meters) {
        Gauge.builder("pms.build.info", () -> 1)
                .tag("version", version)
                .tag("commit", commit)
                .register(meters);
    }

    @Produces
    @Singleton
    InfoContributor build() {
        return new Section("build", Map.of("version", version));
    }

    /** Where Quarkus and others have it. */
    @Produces
    @Singleton
    InfoContributor git() {
        return new Section("git", Map.of("commit", Map.of("id", commit)));
    }

    /** A part of the answer of {@code /q/info}. */
    private record Section(String name, Map<String, Object> data) implements InfoContributor {}

    private static Properties read() {
        var built = new Properties();
        try (InputStream file = Build.class.getResourceAsStream(FILE)) {
            if (file != null) {
                built.load(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return built;
    }

    /** Of a copy without git there is no commit, and what no build has filled in is a placeholder. */
    static String valueOf(Properties built, String name) {
        var value = built.getProperty(name, "").strip();
        return value.isEmpty() || value.startsWith("$") ? UNKNOWN : value;
    }
}
