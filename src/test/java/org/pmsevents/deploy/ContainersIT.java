package org.pmsevents.deploy;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.cluster.Cluster;

/** What can be told of the images and of compose.yaml without a Docker engine, once there is a package. */
class ContainersIT {
    private static final Path DEPLOY = Path.of("deploy");
    private static final Pattern VARIABLE = Pattern.compile("([A-Z][A-Z0-9_]+)=");
    private static final Pattern OF_OTHER_IMAGES = Pattern.compile("(POSTGRES|GF)_[A-Z0-9_]+");
    /** Lines of code, by their indentation. */
    private static final Pattern COMMANDS = Pattern.compile("(?m)(?:^ {1,4}\\S.*\n)+");

    private static final Settings SETTINGS = new Settings();

    /** One instruction, its lines joined. */
    private record Instruction(String name, String rest) {
        List<String> words() {
            return Arrays.stream(rest.split(" +"))
                    .filter(word -> !word.startsWith("--"))
                    .toList();
        }

        boolean fromOtherStage() {
            return rest.contains("--from=");
        }
    }

    private static List<Instruction> instructions(String dockerfile) throws IOException {
        var instructions = new ArrayList<Instruction>();
        var pending = new StringBuilder();
        for (var line : Files.readAllLines(DEPLOY.resolve(dockerfile))) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            pending.append(line.strip());
            if (pending.charAt(pending.length() - 1) == '\\') {
                pending.setCharAt(pending.length() - 1, ' ');
                continue;
            }
            var parts = pending.toString().split(" ", 2);
            instructions.add(new Instruction(parts[0], parts[1].strip()));
            pending.setLength(0);
        }
        return instructions;
    }

    private static Stream<Instruction> named(List<Instruction> instructions, String name) {
        return instructions.stream().filter(instruction -> instruction.name().equals(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void whatIsCopiedIsThereAndLetThrough(String dockerfile) throws IOException {
        var copied = named(instructions(dockerfile), "COPY")
                .filter(instruction -> !instruction.fromOtherStage())
                .flatMap(instruction ->
                        instruction.words().subList(0, instruction.words().size() - 1).stream())
                .toList();
        assertThat(copied).isNotEmpty().allSatisfy(source -> {
            if (!source.startsWith("target/") || Files.exists(Path.of("target", "quarkus-app"))) {
                assertThat(Path.of(source)).exists();
            }
            assertThat(isIgnored(Path.of(source)))
                    .as(source + " in .dockerignore")
                    .isFalse();
        });
        assertThat(isIgnored(Path.of(".git"))).isTrue();
        assertThat(isIgnored(Path.of("target", "classes"))).isTrue();
    }

    /** As Docker has it: the last line that fits the path or a folder above it counts. */
    private static boolean isIgnored(Path path) throws IOException {
        boolean ignored = false;
        for (var line : Files.readAllLines(Path.of(".dockerignore"))) {
            if (line.isBlank() || line.startsWith("#")) {
                continue;
            }
            boolean exception = line.startsWith("!");
            var matcher = FileSystems.getDefault().getPathMatcher("glob:" + (exception ? line.substring(1) : line));
            for (var part = path; part != null; part = part.getParent()) {
                if (matcher.matches(part)) {
                    ignored = !exception;
                }
            }
        }
        return ignored;
    }

    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void anImageRunsAsNobodyAndItsProcessGetsTheSignals(String dockerfile) throws IOException {
        var instructions = instructions(dockerfile);
        var last = instructions.subList(lastFrom(instructions), instructions.size());
        // each can be given, such as by digest
        var bases = named(instructions, "ARG").collect(toMap(arg -> arg.rest().split("=")[0], Instruction::rest));
        assertThat(named(instructions, "FROM"))
                .map(from -> from.words().get(0))
                .allMatch(image -> image.matches("\\$\\{[A-Z]+}"))
                .map(image -> bases.get(image.substring(2, image.length() - 1)))
                .allSatisfy(image ->
                        assertThat(image).matches("[A-Z]+=.+:[a-z0-9.-]+").doesNotEndWith(":latest"));
        assertThat(named(last, "USER").map(Instruction::rest)).last().asString().matches("[1-9][0-9]*:[1-9][0-9]*");
        assertThat(named(last, "EXPOSE").map(Instruction::rest)).containsExactly("8080 9000");
        assertThat(named(last, "ENTRYPOINT").map(Instruction::rest))
                .singleElement()
                .asString()
                .startsWith("[\"")
                .endsWith("\"]");
        assertThat(last.get(last.size() - 1).name()).isEqualTo("ENTRYPOINT");
        assertThat(named(instructions, "ENV")
                        .flatMap(env -> VARIABLE.matcher(env.rest()).results())
                        .map(found -> found.group(1)))
                .allMatch(SETTINGS::isKnown);
    }

    private static int lastFrom(List<Instruction> instructions) {
        int last = 0;
        for (int i = 0; i < instructions.size(); i++) {
            if (instructions.get(i).name().equals("FROM")) {
                last = i;
            }
        }
        return last;
    }

    @Test
    void theScriptThatTrainsSetsOnlyWhatTheServiceKnows() {
        var script = Yamls.text(DEPLOY.resolve("train-aot.sh"));
        assertThat(DEPLOY.resolve("train-aot.sh")).isExecutable();
        assertThat(VARIABLE.matcher(script).results().map(found -> found.group(1)))
                .isNotEmpty()
                .allMatch(SETTINGS::isKnown);
    }

    @Test
    void whatComposeNamesIsThere() {
        var compose = Yamls.one(DEPLOY.resolve("compose.yaml"));
        var services = Yamls.map(compose.get("services"));
        var volumes = Yamls.map(compose.get("volumes")).keySet();
        assertThat(services.keySet())
                .containsExactlyInAnyOrder(
                        "postgres", "redis", "migrate", "replica-1", "replica-2", "prometheus", "grafana");
        services.forEach((name, definition) -> {
            var service = Yamls.map(definition);
            assertThat(Yamls.map(service.get("environment")).keySet())
                    .as(name)
                    .allMatch(variable -> SETTINGS.isKnown(variable)
                            || OF_OTHER_IMAGES.matcher(variable).matches());
            assertThat(Yamls.<String>list(service.get("volumes"))).as(name).allSatisfy(mount -> {
                var source = mount.substring(0, mount.indexOf(':'));
                if (source.startsWith(".")) {
                    assertThat(DEPLOY.resolve(source)).exists();
                    assertThat(mount).endsWith(":ro");
                } else {
                    assertThat(volumes).contains(source);
                }
            });
            assertThat(services.keySet()).as(name).containsAll(dependencies(service));
            assertThat(Yamls.<String>list(service.get("ports")))
                    .as("reachable from this machine only")
                    .allMatch(port -> port.startsWith("127.0.0.1:"));
            if (service.containsKey("build")) {
                var build = Yamls.map(service.get("build"));
                assertThat(DEPLOY.resolve((String) build.get("context")).resolve((String) build.get("dockerfile")))
                        .exists();
                assertThat(service).containsEntry("read_only", true);
            } else {
                assertThat((String) service.get("image"))
                        .matches(".+:[a-z0-9.-]+")
                        .doesNotEndWith(":latest");
            }
        });
        assertThat(Yamls.list(Yamls.map(services.get("migrate")).get("command")))
                .containsExactly("migrate");
    }

    /** API keys suffice. */
    @Test
    void composeStartsWithoutAVariableOfItsCaller() {
        var compose = Yamls.text(DEPLOY.resolve("compose.yaml"));
        assertThat(compose).doesNotContainPattern("\\$\\{\\w+:?\\?").contains("run --rm migrate create-key");
    }

    /** As they are when its caller sets none: empty, not missing. */
    @Test
    void aReplicaStartsWithTheVariablesThatComposeLeavesEmpty() throws Exception {
        var services = Yamls.map(Yamls.one(DEPLOY.resolve("compose.yaml")).get("services"));
        var given = Yamls.map(Yamls.map(services.get("replica-1")).get("environment"));
        assertThat(given.keySet())
                .contains(
                        "PMS_EVENTS_JWT_SECRET",
                        "PMS_EVENTS_WEBHOOK_SECRETS",
                        "PMS_EVENTS_PMS_URL",
                        "PMS_EVENTS_PMS_TOKEN");
        try (var cluster = new Cluster(Map.of())) {
            var environment = cluster.environment();
            given.forEach((variable, value) -> {
                if (String.valueOf(value).endsWith(":-}")) {
                    environment.put(variable, "");
                }
            });
            assertThat(environment).containsEntry("PMS_EVENTS_PMS_URL", "");
            await().atMost(Duration.ofMinutes(1)).until(cluster.start(0, environment)::isReady);
        }
    }

    /** The image holds what was packaged before. */
    @Test
    void whoeverIsToldToBuildTheImageIsToldToPackageFirst() throws IOException {
        try (var pages = Files.walk(Path.of("src", "docs"))) {
            var texts = new ArrayList<>(pages.filter(page -> page.toString().endsWith(".md"))
                    .map(Yamls::text)
                    .toList());
            texts.add(Yamls.text(DEPLOY.resolve("Dockerfile.jvm")).replace("#  ", ""));
            texts.add(Yamls.text(DEPLOY.resolve("compose.yaml")).replace("#  ", ""));
            var blocks = texts.stream()
                    .flatMap(text -> COMMANDS.matcher(text).results())
                    .map(MatchResult::group)
                    .filter(block -> block.contains("docker build -f deploy/Dockerfile.jvm")
                            || block.contains("compose.yaml up --build"))
                    .toList();
            assertThat(blocks)
                    .hasSizeGreaterThan(3)
                    .allSatisfy(block -> assertThat(block.strip()).startsWith("./mvnw package -DskipTests\n"));
        }
    }

    private static Set<String> dependencies(Map<String, Object> service) {
        var on = service.get("depends_on");
        return on instanceof List<?>
                ? Set.copyOf(Yamls.<String>list(on))
                : Yamls.map(on).keySet();
    }

    @Test
    void prometheusAsksBothReplicasAndGrafanaAsksPrometheus() {
        var prometheus = Yamls.one(DEPLOY.resolve(Path.of("prometheus", "prometheus.yml")));
        var job = Yamls.map(Yamls.list(prometheus.get("scrape_configs")).get(0));
        var targets = Yamls.list(job.get("static_configs")).stream()
                .flatMap(config -> Yamls.<String>list(Yamls.map(config).get("targets")).stream());
        assertThat(targets).containsExactlyInAnyOrder("replica-1:9000", "replica-2:9000");
        assertThat(job).containsEntry("metrics_path", "/q/metrics");
        var provisioning = DEPLOY.resolve(Path.of("grafana", "provisioning"));
        var source = Yamls.map(Yamls.list(Yamls.one(provisioning.resolve(Path.of("datasources", "prometheus.yaml")))
                        .get("datasources"))
                .get(0));
        assertThat(source).containsEntry("url", "http://prometheus:9090").containsEntry("type", "prometheus");
        var provider = Yamls.map(Yamls.list(Yamls.one(provisioning.resolve(Path.of("dashboards", "pms-events.yaml")))
                        .get("providers"))
                .get(0));
        var grafana =
                Yamls.map(Yamls.map(Yamls.one(DEPLOY.resolve("compose.yaml")).get("services"))
                        .get("grafana"));
        assertThat(Yamls.<String>list(grafana.get("volumes")))
                .anyMatch(mount ->
                        mount.contains(":" + Yamls.map(provider.get("options")).get("path") + "/"));
    }
}
