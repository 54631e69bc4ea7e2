package org.pmsevents.dev;

import io.quarkus.deployment.IsDevelopment;
import io.quarkus.deployment.annotations.BuildProducer;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.ServiceStartBuildItem;
import io.quarkus.deployment.pkg.builditem.OutputTargetBuildItem;
import io.quarkus.runtime.configuration.ConfigUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jspecify.annotations.Nullable;
import org.pmsevents.app.Ports;

/** Ends dev mode before it builds anything, with one line that says what to do, if something that it needs is in use. */
public final class StartCheckProcessor {
    private static final String CHECKED = "pms-events.dev.checked";

    /** @param unused makes Quarkus run this step at all */
    @BuildStep(onlyIf = IsDevelopment.class)
    void refuseWhatIsInUse(OutputTargetBuildItem target, BuildProducer<ServiceStartBuildItem> unused) {
        // Once, as from then on it is dev mode itself that uses them.
        if (System.setProperty(CHECKED, "true") != null) {
            return;
        }
        List<String> problems = new ArrayList<>();
        String folder = folderInUse(target);
        if (folder == null) {
            problems.addAll(Ports.inUse(
                    ConfigProvider.getConfig(), "localhost", property -> "-D" + property + "=<another port>"));
        } else {
            // That dev mode has the ports, too.
            problems.add(folder);
        }
        if (!problems.isEmpty()) {
            System.err.println("PMS Events can't start. " + String.join(" ", problems));
            Runtime.getRuntime().halt(1);
        }
    }

    private static @Nullable String folderInUse(OutputTargetBuildItem target) {
        try {
            for (var server : EmbeddedServersProcessor.ADDRESSES.entrySet()) {
                String problem = ConfigUtils.isPropertyNonEmpty(server.getValue())
                        ? null
                        : ServerFolder.inUse(EmbeddedServersProcessor.dataFolder(server.getKey(), target));
                if (problem != null) {
                    return problem;
                }
            }
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
