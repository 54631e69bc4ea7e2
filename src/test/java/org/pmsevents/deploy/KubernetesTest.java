package org.pmsevents.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.Ingress;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.openshift.api.model.Route;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

/** Whether what is in deploy/kubernetes is understood by Kubernetes, and fits together; on what kustomize makes of it, where there is one. */
@Pure
class KubernetesTest {
    private static final Path KUBERNETES = Path.of("deploy", "kubernetes");
    private static final Path BASE = KUBERNETES.resolve("base");
    private static final Map<String, Manifests> BUILT = new ConcurrentHashMap<>();
    private static final Settings SETTINGS = new Settings();
    private static final String NAME = "pms-events";
    private static final String OPENSHIFT = "openshift";

    static Stream<Path> manifests() throws IOException {
        try (var files = Files.walk(KUBERNETES)) {
            return files
                    .filter(file -> file.toString().endsWith(".yaml"))
                    .filter(file -> !file.endsWith("kustomization.yaml"))
                    .toList()
                    .stream();
        }
    }

    static Stream<Path> kustomizations() throws IOException {
        try (var files = Files.walk(KUBERNETES)) {
            return files.filter(file -> file.endsWith("kustomization.yaml")).toList().stream();
        }
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Manifests overlay(String name) {
        return BUILT.computeIfAbsent(name, KubernetesTest::build);
    }

    private static Manifests build(String name) {
        return Manifests.read(kustomize(name));
    }

    /** What kustomize makes of an overlay. */
    static String kustomize(String name) {
        try {
            var kustomize = new ProcessBuilder(
                            "kubectl",
                            "kustomize",
                            KUBERNETES.resolve("overlays").resolve(name).toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            var yaml = new String(kustomize.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(kustomize.waitFor()).as("kubectl kustomize").isZero();
            return yaml;
        } catch (IOException e) {
            return Assumptions.abort("there is no kubectl here: " + e.getMessage());
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Deployment service(Manifests built) {
        return built.the(Deployment.class, NAME);
    }

    private static PodTemplateSpec pod(Manifests built) {
        return service(built).getSpec().getTemplate();
    }

    private static Container container(Manifests built) {
        assertThat(pod(built).getSpec().getContainers()).hasSize(1);
        return pod(built).getSpec().getContainers().get(0);
    }

    private static List<Container> containers(Manifests built) {
        return Stream.concat(
                        pod(built).getSpec().getInitContainers().stream(),
                        pod(built).getSpec().getContainers().stream())
                .toList();
    }

    private static ConfigMap settings(Manifests built) {
        var name = container(built).getEnvFrom().get(0).getConfigMapRef().getName();
        return built.the(ConfigMap.class, name);
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void everyFileIsUnderstoodToTheLastField(Path file) {
        assertThat(Manifests.read(Yamls.text(file)).all())
                .isNotEmpty()
                .allSatisfy(object -> assertThat(object.getMetadata().getName()).isNotBlank());
    }

    @Test
    void aFieldThatKubernetesDoesNotHaveIsNotUnderstood() {
        var deployment = Yamls.text(BASE.resolve("deployment.yaml"));
        assertThatThrownBy(() -> Manifests.read(deployment.replace("readOnlyRootFilesystem", "readOnlyRootFileSystem")))
                .hasMessageContaining("readOnlyRootFileSystem");
        assertThatThrownBy(() -> Manifests.read(deployment.replace("minReadySeconds", "minimumReadySeconds")))
                .hasMessageContaining("minimumReadySeconds");
    }

    @ParameterizedTest
    @MethodSource("kustomizations")
    void whatAKustomizationNamesIsThere(Path file) {
        var kustomization = Yamls.one(file);
        var named = Stream.of(
                        Yamls.<String>list(kustomization.get("resources")).stream(),
                        Yamls.<String>list(kustomization.get("components")).stream(),
                        Stream.concat(
                                        Yamls.list(kustomization.get("configMapGenerator")).stream(),
                                        Yamls.list(kustomization.get("secretGenerator")).stream())
                                .flatMap(generator ->
                                        Yamls.<String>list(Yamls.map(generator).get("envs")).stream()),
                        Yamls.list(kustomization.get("patches")).stream()
                                .map(patch -> (String) Yamls.map(patch).get("path"))
                                .filter(path -> path != null))
                .flatMap(paths -> paths)
                .toList();
        assertThat(named)
                .isNotEmpty()
                .allSatisfy(path -> assertThat(file.resolveSibling(path)).exists());
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void whatSelectsPodsSelectsThoseOfTheService(String overlay) {
        var built = overlay(overlay);
        var labels = pod(built).getMetadata().getLabels();
        assertThat(labels)
                .containsAllEntriesOf(service(built).getSpec().getSelector().getMatchLabels());
        for (var service : List.of(NAME, NAME + "-management")) {
            assertThat(labels)
                    .containsAllEntriesOf(
                            built.the(Service.class, service).getSpec().getSelector());
        }
        assertThat(labels)
                .containsAllEntriesOf(built.the(NetworkPolicy.class, NAME)
                        .getSpec()
                        .getPodSelector()
                        .getMatchLabels());
        assertThat(built.all(PodDisruptionBudget.class))
                .allSatisfy(budget -> assertThat(labels)
                        .containsAllEntriesOf(budget.getSpec().getSelector().getMatchLabels()));
        assertThat(pod(built).getSpec().getTopologySpreadConstraints())
                .isNotEmpty()
                .allSatisfy(spread -> assertThat(labels)
                        .containsAllEntriesOf(spread.getLabelSelector().getMatchLabels()));
        assertThat(built.all(HorizontalPodAutoscaler.class)).allSatisfy(scaler -> {
            assertThat(scaler.getSpec().getScaleTargetRef().getKind()).isEqualTo("Deployment");
            assertThat(scaler.getSpec().getScaleTargetRef().getName()).isEqualTo(NAME);
            assertThat(service(built).getSpec().getReplicas())
                    .as("the autoscaler's")
                    .isNull();
        });
        // The one in dev may select nothing else either: not PostgreSQL, not Redis.
        assertThat(built.all(Deployment.class))
                .filteredOn(other -> !other.getMetadata().getName().equals(NAME))
                .allSatisfy(other -> assertThat(
                                other.getSpec().getTemplate().getMetadata().getLabels())
                        .doesNotContainEntry("app.kubernetes.io/component", "service"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void everyPortThatIsNamedIsOneOfTheContainer(String overlay) {
        var built = overlay(overlay);
        var container = container(built);
        var ports = new HashMap<String, Integer>();
        for (ContainerPort port : container.getPorts()) {
            ports.put(port.getName(), port.getContainerPort());
        }
        var data = settings(built).getData();
        assertThat(ports)
                .containsEntry("http", Integer.valueOf(data.get("QUARKUS_HTTP_PORT")))
                .containsEntry("management", Integer.valueOf(data.get("QUARKUS_MANAGEMENT_PORT")))
                .hasSize(2);
        for (Probe probe :
                List.of(container.getStartupProbe(), container.getReadinessProbe(), container.getLivenessProbe())) {
            assertThat(probe.getHttpGet().getPort().getStrVal()).isEqualTo("management");
        }
        for (var name : List.of(NAME, NAME + "-management")) {
            assertThat(built.the(Service.class, name).getSpec().getPorts())
                    .extracting(ServicePort::getTargetPort)
                    .extracting(IntOrString::getStrVal)
                    .isSubsetOf(ports.keySet());
        }
        assertThat(built.the(NetworkPolicy.class, NAME).getSpec().getIngress())
                .flatExtracting(rule -> rule.getPorts())
                .extracting(port -> port.getPort().getStrVal())
                .containsExactlyInAnyOrder("http", "management");
    }

    /** Kustomize adds the labels of the base to every selector that it finds, also to that of somebody else's pods. */
    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void aPodReachesTheNameServerAndEveryPortThatTheDocumentationNames(String overlay) {
        boolean isOpenShift = overlay.equals(OPENSHIFT);
        var egress = overlay(overlay).the(NetworkPolicy.class, NAME).getSpec().getEgress();
        var names = egress.get(0);
        var server = names.getTo().get(0).getPodSelector();
        assertThat(server.getMatchLabels()).isEmpty();
        assertThat(server.getMatchExpressions()).singleElement().satisfies(only -> {
            assertThat(only.getKey()).isEqualTo(isOpenShift ? "dns.operator.openshift.io/daemonset-dns" : "k8s-app");
            assertThat(only.getOperator()).isEqualTo("In");
            assertThat(only.getValues()).containsExactly(isOpenShift ? "default" : "kube-dns");
        });
        assertThat(names.getPorts())
                .extracting(port -> port.getProtocol() + port.getPort().getIntVal())
                .contains("UDP53", "TCP53")
                .isSubsetOf("UDP53", "TCP53", "UDP5353", "TCP5353")
                .hasSize(isOpenShift ? 4 : 2);
        var named = Pattern.compile("(?:postgresql|rediss?|http)://(?!localhost)[^\\s`]*?:(\\d{4})");
        var servers = Stream.of("deploy.md", "observe.md")
                .map(page -> read(Path.of("src", "docs", "operate", page)))
                .flatMap(page -> named.matcher(page).results())
                .map(found -> Integer.valueOf(found.group(1)))
                .distinct()
                .toList();
        assertThat(servers).contains(5432, 6432, 6379, 6380, 4318);
        assertThat(egress.get(1).getPorts())
                .extracting(port -> port.getPort().getIntVal())
                .containsAll(servers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void everySettingIsOneThatTheServiceKnows(String overlay) {
        var built = overlay(overlay);
        var contract = Settings.of(BASE.resolve("secret.example.env")).keySet();
        assertThat(settings(built).getData().keySet()).allMatch(SETTINGS::isKnown);
        assertThat(contract).allMatch(SETTINGS::isKnown);
        assertThat(built.all(Secret.class))
                .allSatisfy(secret ->
                        assertThat(contract).containsAll(secret.getData().keySet()));
        assertThat(containers(built)).allSatisfy(container -> {
            assertThat(container.getEnv()).allMatch(variable -> SETTINGS.isKnown(variable.getName()));
            assertThat(container.getEnvFrom())
                    .hasSize(2)
                    .anyMatch(from -> from.getConfigMapRef() != null
                            && from.getConfigMapRef()
                                    .getName()
                                    .equals(settings(built).getMetadata().getName()))
                    .anyMatch(from -> from.getSecretRef() != null
                            && hasSecret(built, from.getSecretRef().getName()));
        });
        assertThat(SETTINGS.isKnown("PMS_EVENTS_FEED_RETENTOIN"))
                .as("the check itself")
                .isFalse();
        assertThat(SETTINGS.isKnown("QUARKUS_HTTP_PROT")).as("the check itself").isFalse();
    }

    /** In production it is there before; its name is the contract. */
    private static boolean hasSecret(Manifests built, String name) {
        var secrets = built.all(Secret.class);
        return secrets.isEmpty()
                ? name.equals(NAME)
                : secrets.stream()
                        .anyMatch(secret -> secret.getMetadata().getName().equals(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void aPodMayDoNothingThatItNeedNot(String overlay) {
        var built = overlay(overlay);
        var spec = pod(built).getSpec();
        assertThat(spec.getAutomountServiceAccountToken()).isFalse();
        assertThat(built.the(ServiceAccount.class, spec.getServiceAccountName()).getAutomountServiceAccountToken())
                .isFalse();
        assertThat(spec.getSecurityContext().getRunAsNonRoot()).isTrue();
        if (overlay.equals(OPENSHIFT)) {
            // assigned from the range of the namespace; others are refused
            assertThat(spec.getSecurityContext().getRunAsUser()).isNull();
            assertThat(spec.getSecurityContext().getRunAsGroup()).isNull();
            assertThat(spec.getSecurityContext().getFsGroup()).isNull();
        } else {
            assertThat(spec.getSecurityContext().getRunAsUser()).isPositive();
        }
        assertThat(spec.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(containers(built)).hasSize(2).allSatisfy(container -> {
            var security = container.getSecurityContext();
            assertThat(security.getAllowPrivilegeEscalation()).isFalse();
            assertThat(security.getReadOnlyRootFilesystem()).isTrue();
            assertThat(security.getCapabilities().getDrop()).containsExactly("ALL");
            assertThat(security.getCapabilities().getAdd()).isEmpty();
            assertThat(container.getResources().getRequests()).containsKeys("cpu", "memory");
            assertThat(container.getResources().getLimits()).containsKey("memory");
            assertThat(container.getVolumeMounts())
                    .allSatisfy(mount -> assertThat(spec.getVolumes())
                            .anyMatch(volume -> volume.getName().equals(mount.getName())))
                    .filteredOn(mount -> !Boolean.TRUE.equals(mount.getReadOnly()))
                    .singleElement()
                    .satisfies(mount -> assertThat(mount.getMountPath()).isEqualTo("/tmp"));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void whatMigratesIsTheInitContainerOnly(String overlay) {
        var built = overlay(overlay);
        assertThat(settings(built).getData()).containsEntry("QUARKUS_FLYWAY_MIGRATE_AT_START", "false");
        assertThat(pod(built).getSpec().getInitContainers()).singleElement().satisfies(migration -> {
            assertThat(migration.getArgs()).containsExactly("migrate");
            assertThat(migration.getImage()).isEqualTo(container(built).getImage());
        });
        assertThat(container(built).getArgs()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void aPodHasTheTimeToEndInOrder(String overlay) {
        var built = overlay(overlay);
        var data = settings(built).getData();
        var needed = seconds(data.get("QUARKUS_SHUTDOWN_DELAY"))
                .plus(seconds(data.get("QUARKUS_SHUTDOWN_TIMEOUT")))
                .plusSeconds(15);
        var readiness = container(built).getReadinessProbe();
        assertThat(Duration.ofSeconds(pod(built).getSpec().getTerminationGracePeriodSeconds()))
                .isGreaterThan(needed);
        assertThat(service(built)
                        .getSpec()
                        .getStrategy()
                        .getRollingUpdate()
                        .getMaxUnavailable()
                        .getIntVal())
                .isZero();
        assertThat(readiness.getTimeoutSeconds()).isLessThanOrEqualTo(readiness.getPeriodSeconds());
    }

    private static Duration seconds(String setting) {
        return Duration.parse("PT" + setting.toUpperCase(java.util.Locale.ROOT));
    }

    @Test
    void inProductionPrometheusAndTheIngressFindTheService() {
        var built = overlay("production");
        var monitor = built.the(ServiceMonitor.class, NAME).getSpec();
        var management = built.the(Service.class, NAME + "-management");
        assertThat(management.getMetadata().getLabels())
                .containsAllEntriesOf(monitor.getSelector().getMatchLabels());
        assertThat(built.the(Service.class, NAME).getMetadata().getLabels())
                .as("each pod is asked once")
                .doesNotContainEntry("app.kubernetes.io/component", "management");
        assertThat(monitor.getEndpoints())
                .singleElement()
                .satisfies(endpoint -> assertThat(management.getSpec().getPorts())
                        .extracting(ServicePort::getName)
                        .contains(endpoint.getPort()));
        var ingress = built.the(Ingress.class, NAME);
        assertThat(ingress.getSpec().getRules())
                .flatExtracting(rule -> rule.getHttp().getPaths())
                .singleElement()
                .satisfies(path -> {
                    var backend = path.getBackend().getService();
                    assertThat(built.the(Service.class, backend.getName())
                                    .getSpec()
                                    .getPorts())
                            .extracting(ServicePort::getName)
                            .contains(backend.getPort().getName());
                });
        assertThat(ingress.getMetadata().getAnnotations())
                .containsEntry("nginx.ingress.kubernetes.io/proxy-read-timeout", "3600")
                .containsEntry("nginx.ingress.kubernetes.io/proxy-send-timeout", "3600");
    }

    @Test
    void onOpenShiftTheRouterFindsTheServiceAndMayReachIt() {
        var built = overlay(OPENSHIFT);
        assertThat(built.all(Ingress.class)).isEmpty();
        var route = built.the(Route.class, NAME);
        assertThat(route.getSpec().getTo().getKind()).isEqualTo("Service");
        assertThat(built.the(Service.class, route.getSpec().getTo().getName())
                        .getSpec()
                        .getPorts())
                .extracting(ServicePort::getName)
                .contains(route.getSpec().getPort().getTargetPort().getStrVal());
        assertThat(route.getSpec().getTls().getTermination()).isEqualTo("edge");
        assertThat(route.getSpec().getTls().getInsecureEdgeTerminationPolicy()).isEqualTo("Redirect");
        assertThat(route.getMetadata().getAnnotations())
                .containsEntry("haproxy.router.openshift.io/timeout", "1h")
                .containsEntry("haproxy.router.openshift.io/timeout-tunnel", "1h");
        assertThat(built.the(NetworkPolicy.class, NAME).getSpec().getIngress())
                .flatExtracting(rule -> rule.getFrom())
                .extracting(from -> from.getNamespaceSelector().getMatchLabels())
                .containsExactly(
                        Map.of("policy-group.network.openshift.io/ingress", ""),
                        Map.of("kubernetes.io/metadata.name", "openshift-user-workload-monitoring"));
        // all else is that of production
        assertThat(settings(built).getData())
                .isEqualTo(settings(overlay("production")).getData());
        assertThat(container(built).getImage())
                .isEqualTo(container(overlay("production")).getImage());
    }

    @Test
    void theRulesOfTheOperatorAreThoseOfPrometheusItself() {
        var mapper = new ObjectMapper();
        var rule = Yamls.one(KUBERNETES.resolve(Path.of("components", "monitoring", "rules.yaml")));
        var alerts = Yamls.one(Path.of("deploy", "prometheus", "alerts.yml"));
        assertThat(mapper.<com.fasterxml.jackson.databind.JsonNode>valueToTree(Yamls.map(rule.get("spec"))))
                .isEqualTo(mapper.valueToTree(alerts));
        assertThat(overlay("production").all(PrometheusRule.class)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev", "production", OPENSHIFT})
    void everythingIsInOneNamespaceAndNamedOnce(String overlay) {
        var built = overlay(overlay);
        assertThat(built.all())
                .filteredOn(object -> !object.getKind().equals("Namespace"))
                .extracting(object -> object.getMetadata().getNamespace())
                .containsOnly(overlay.equals("dev") ? "pms-events-dev" : NAME);
        assertThat(built.all()).extracting(KubernetesTest::identity).doesNotHaveDuplicates();
    }

    private static String identity(HasMetadata object) {
        return object.getKind() + " " + object.getMetadata().getName();
    }
}
