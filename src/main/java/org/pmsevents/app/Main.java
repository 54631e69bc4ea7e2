package org.pmsevents.app;

import io.quarkus.runtime.ImageMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.util.List;
import java.util.function.Function;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.config.LiteralSecrets;

/**
 * Starts the service, or migrates its database, or begins a new epoch of the feed, or makes an API key. Checks the required settings first, to report
 * one message instead of stack traces.
 */
@QuarkusMain
public final class Main {
    /** Starts the servers of dev mode and the tests; not part of the packaged service. */
    private static final String DEV_SERVERS = "/META-INF/quarkus-build-steps.list";

    private static final String MIGRATE = "migrate";
    private static final String RENEW_FEED = "renew-feed";

    public static void main(String... args) {
        boolean renews = args.length == 1 && args[0].equals(RENEW_FEED);
        var newKey = args.length > 0 && args[0].equals(CreateKeyCommand.NAME) ? newKey(args) : null;
        boolean migrates = renews || newKey != null || args.length == 1 && args[0].equals(MIGRATE);
        if (args.length > 0 && !migrates) {
            refuse("PMS Events knows the commands " + MIGRATE + ", " + RENEW_FEED + " and " + CreateKeyCommand.USAGE
                    + ", and serves without one.");
        }
        // Quarkus knows its launch mode only later, in run().
        boolean packaged = Main.class.getResource(DEV_SERVERS) == null;
        List<String> problems = packaged
                ? problems(migrates ? RequiredSettings::ofTheDatabase : RequiredSettings::problems)
                : List.of();
        if (!problems.isEmpty()) {
            refuse("PMS Events can't start. Please set these environment variables:\n  - "
                    + String.join("\n  - ", problems));
        }
        if (newKey != null) {
            CreateKeyCommand.run(newKey);
            return;
        }
        if (migrates) {
            MigrateCommand.run(renews);
            return;
        }
        List<String> portsTaken = packaged ? problems(Main::portsInUse) : List.of();
        if (!portsTaken.isEmpty()) {
            refuse("PMS Events can't start. " + String.join(" ", portsTaken));
        }
        Quarkus.run(null, StartFailure::end, args);
    }

    private static List<String> portsInUse(Config config) {
        return Ports.inUse(config, "0.0.0.0", StartFailure::variable);
    }

    private static CreateKeyCommand.@Nullable Wanted newKey(String... args) {
        try {
            return CreateKeyCommand.parse(List.of(args).subList(1, args.length));
        } catch (IllegalArgumentException unclear) {
            refuse(String.valueOf(unclear.getMessage()));
            return null;
        }
    }

    private static void refuse(String why) {
        System.err.println(why);
        System.exit(1);
    }

    /** In a native executable the configuration before run() is that of the build, so the environment is read directly. */
    private static List<String> problems(Function<Config, List<String>> check) {
        return check.apply(ImageMode.current() == ImageMode.NATIVE_RUN ? environment() : ConfigProvider.getConfig());
    }

    private static Config environment() {
        return new SmallRyeConfigBuilder()
                .addDefaultInterceptors()
                .withInterceptors(new LiteralSecrets())
                .withSources(new SysPropConfigSource(), new EnvConfigSource(System.getenv(), 300))
                .build();
    }
}
