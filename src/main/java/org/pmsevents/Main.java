package org.pmsevents;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.annotations.QuarkusMain;
import java.util.List;
import org.eclipse.microprofile.config.ConfigProvider;

/** Begins the service, but not before its required settings are there: one plain message beats a stack trace of each part. */
@QuarkusMain
public final class Main {
    private Main() {}

    public static void main(String... args) {
        if (LaunchMode.current() == LaunchMode.NORMAL) {
            List<String> problems = RequiredSettings.problems(ConfigProvider.getConfig());
            if (!problems.isEmpty()) {
                System.err.println("PMS Events can't start. Please set these environment variables:\n  - "
                        + String.join("\n  - ", problems));
                System.exit(1);
            }
        }
        Quarkus.run(args);
    }
}
