package org.pmsevents.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.app.RequiredSettings;

/** Whether what deploy/kubernetes asks to be set is enough to start. */
@Pure
class DeployedSettingsTest {
    private static final Path KUBERNETES = Path.of("deploy", "kubernetes");

    @Test
    void theSecretOfDevelopmentIsEnough() {
        assertThat(problems(Settings.of(KUBERNETES.resolve(Path.of("overlays", "dev", "secret.env")))))
                .isEmpty();
    }

    @Test
    void allThatIsRequiredIsInTheContractOfTheSecret() {
        var contract = Settings.of(KUBERNETES.resolve(Path.of("base", "secret.example.env")));
        assertThat(problems(Map.of()))
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(contract).containsKey(problem.substring(0, problem.indexOf(':'))));
    }

    private static List<String> problems(Map<String, String> settings) {
        return RequiredSettings.problems(new SmallRyeConfigBuilder()
                .withSources(new EnvConfigSource(settings, 300))
                .build());
    }
}
