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

/** Stops dev mode before it builds anything if a port or folder that it needs is in use, with one line that says what to do. */
public final class StartCheckProcessor {
    private static final String CHECKED = "pms-events.dev.checked";

    /** @param unused not produced; without a producer Quarkus would skip this step */
    @BuildStep(onlyIf = IsDevelopment.class)
    void refuseWhatIsInUse(OutputTargetBuildItem target, BuildProducer<ServiceStartBuildItem> unused) {
        // Once: after that, dev mode itself uses them.
        if (System.setProperty(CHECKED, "true") != null) {
            return;
        }
        List<String> problems = new ArrayList<>();
        String folder = folderInUse(target);
        if (folder == null) {
            problems.addAll(Ports.inUse(
                    ConfigProvider.getConfig(), "localhost", property -> "-D" + property + "=<another port>"));
        } else {
            // The dev mode that uses the folder also uses the ports.
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
