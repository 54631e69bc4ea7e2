package org.pmsevents;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.util.List;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;

/** Begins the service, but not before its required settings are there: one plain message beats a stack trace of each part. */
@QuarkusMain
public final class Main {
    /** What starts the servers of dev mode and the tests; the package doesn't have it. */
    private static final String DEV_SERVERS = "/META-INF/quarkus-build-steps.list";

    public static void main(String... args) {
        // Quarkus knows its launch mode only later, in run().
        boolean packaged = Main.class.getResource(DEV_SERVERS) == null;
        List<String> problems = packaged ? problems() : List.of();
        if (!problems.isEmpty()) {
            System.err.println("PMS Events can't start. Please set these environment variables:\n  - "
                    + String.join("\n  - ", problems));
            System.exit(1);
        }
        Quarkus.run(args);
    }

    /** In a native executable the configuration that is there before run() is the one of the build: look at the environment itself. */
    private static List<String> problems() {
        List<String> problems = RequiredSettings.problems(ConfigProvider.getConfig());
        return problems.isEmpty() ? problems : RequiredSettings.problems(environment());
    }

    private static Config environment() {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withSources(new SysPropConfigSource(), new EnvConfigSource(System.getenv(), 300))
                .build();
    }
}
