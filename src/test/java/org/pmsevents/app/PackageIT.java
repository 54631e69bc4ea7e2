package org.pmsevents.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.Replica;

/** The package, started by itself as an operator would. */
@Tag("native")
class PackageIT {
    private static final Path PACKAGE = Path.of("target", "quarkus-app");
    private static final Path BILL = Path.of("target", "quarkus-run-cyclonedx.json");

    @Test
    void startWithoutSettingsNamesThemAllAndNothingElse() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(Replica.command());
        builder.environment()
                .keySet()
                .removeIf(name -> Stream.of("QUARKUS_", "PMS_EVENTS_", "JAVA_", "JDK_", "_JAVA_")
                        .anyMatch(name::startsWith));
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(said)
                .contains(
                        "QUARKUS_DATASOURCE_REACTIVE_URL",
                        "QUARKUS_DATASOURCE_USERNAME",
                        "QUARKUS_DATASOURCE_PASSWORD",
                        "QUARKUS_REDIS_HOSTS")
                .doesNotContain("Exception", "\tat ", "PMS_EVENTS_JWT");
        assertThat(said.lines()).hasSizeLessThan(10);
    }

    @Test
    void packageHoldsNothingOfDevMode() throws IOException {
        Assumptions.assumeTrue(Files.exists(PACKAGE), "there is a jar, not a native executable");
        List<Path> jars;
        try (Stream<Path> files = Files.walk(PACKAGE)) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).toList();
        }
        assertThat(jars)
                .extracting(jar -> jar.getFileName().toString())
                .isNotEmpty()
                .noneMatch(
                        name -> name.contains("embedded") || name.contains("deployment") || name.contains("jwt-build"));
        for (Path jar : jars) {
            try (JarFile entries = new JarFile(jar.toFile())) {
                assertThat(entries.stream().map(ZipEntry::getName))
                        .as(jar.toString())
                        .noneMatch(name -> name.matches("org/pmsevents/dev/.+"))
                        .noneMatch(name -> name.endsWith("quarkus-build-steps.list"));
            }
        }
    }

    @Test
    void theBillOfMaterialsListsWhatIsPackagedAndNothingElse() throws IOException {
        Assumptions.assumeTrue(Files.exists(PACKAGE), "there is a jar, not a native executable");
        JsonNode bill = Client.json(Files.readString(BILL));
        assertThat(bill.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(bill.findValuesAsText("name")).noneMatch(name -> name.contains("embedded"));
        var packaged = StreamSupport.stream(bill.path("components").spliterator(), false)
                .filter(PackageIT::isPackaged)
                .map(component -> component.path("purl").asText())
                .toList();
        assertThat(packaged)
                .anyMatch(url -> url.startsWith("pkg:maven/io.quarkus/quarkus-rest-jackson@"))
                .anyMatch(url -> url.startsWith("pkg:maven/io.vertx/vertx-pg-client@"))
                .anyMatch(url -> url.startsWith("pkg:maven/org.bitbucket.b_c/jose4j@"))
                .noneMatch(url -> url.contains("-deployment@"));
    }

    /** What the package was only built with has the scope {@code development}. */
    private static boolean isPackaged(JsonNode component) {
        return StreamSupport.stream(component.path("properties").spliterator(), false)
                .anyMatch(each -> each.path("name").asText().equals("quarkus:component:scope")
                        && each.path("value").asText().equals("runtime"));
    }
}
