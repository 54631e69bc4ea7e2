package org.pmsevents.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;

/** That Helm takes deploy/helm, and makes of it what kustomize makes of deploy/kubernetes. */
@Pure
@EnabledOnOs(value = OS.LINUX, architectures = "amd64", disabledReason = "Helm's library is there for this only")
class ChartTest {
    private static final Path CHART = Path.of("deploy", "helm");
    private static final String PRODUCTION = "production";
    private static final String DEV = "dev";
    private static final String OPENSHIFT = "openshift";
    private static final Map<String, String> NAMESPACES =
            Map.of(PRODUCTION, "pms-events", DEV, "pms-events-dev", OPENSHIFT, "pms-events");
    /** Kustomize appends it to the names of what it generates. */
    private static final Pattern HASH = Pattern.compile("pms-events-[bcdfghkmt2-9]{10}");

    private static final ObjectMapper JSON = new ObjectMapper();

    private static String render(String values, UnaryOperator<TemplateCommand> more) {
        var command = new Helm(CHART).template().withName("pms-events").withNamespace(NAMESPACES.get(values));
        return more.apply(
                        values.equals(PRODUCTION)
                                ? command
                                : command.withValuesFile(CHART.resolve("values-" + values + ".yaml")))
                .call();
    }

    private static Map<String, ObjectNode> byName(String yaml) {
        var objects = new TreeMap<String, ObjectNode>();
        for (var document : Yamls.all(yaml)) {
            ObjectNode object = JSON.valueToTree(document);
            var name = object.get("kind").asText() + " "
                    + object.at("/metadata/name").asText();
            assertThat(objects.put(name, object)).as(name).isNull();
        }
        return objects;
    }

    @Test
    void lintFindsNothing() {
        var result = new Helm(CHART).lint().strict().call();
        assertThat(result.isFailed())
                .as(String.join("\n", result.getMessages()))
                .isFalse();
        assertThat(result.getMessages()).noneMatch(line -> line.contains("WARNING") || line.contains("ERROR"));
    }

    @ParameterizedTest
    @ValueSource(strings = {PRODUCTION, DEV, OPENSHIFT})
    void theChartAndTheOverlayMakeTheSame(String values) {
        var rendered = render(values, as -> as);
        assertThat(Manifests.read(rendered).all()).hasSizeGreaterThan(5);
        var chart = byName(rendered);
        var overlay = byName(HASH.matcher(KubernetesTest.kustomize(values)).replaceAll("pms-events"));
        // Helm's own way to make one is --create-namespace
        overlay.keySet().removeIf(name -> name.startsWith("Namespace "));
        assertThat(chart.keySet()).isEqualTo(overlay.keySet());
        chart.forEach((name, object) -> {
            var counterpart = overlay.get(name);
            assertThat(labels(object)).as(name).containsAllEntriesOf(labels(counterpart));
            assertThat(withoutCustoms(object)).as(name).isEqualTo(withoutCustoms(counterpart));
        });
    }

    private static Map<String, String> labels(JsonNode object) {
        var labels = new TreeMap<String, String>();
        object.at("/metadata/labels")
                .fields()
                .forEachRemaining(
                        label -> labels.put(label.getKey(), label.getValue().asText()));
        return labels;
    }

    /** Helm has labels of its own and a checksum that replaces pods, kustomize breaks long base64. */
    private static JsonNode withoutCustoms(ObjectNode object) {
        var same = object.deepCopy();
        ((ObjectNode) same.get("metadata")).remove("labels");
        if (same.at("/spec/template/metadata") instanceof ObjectNode pods) {
            pods.remove("annotations");
        }
        if (same.get("kind").asText().equals("Secret")) {
            var data = (ObjectNode) same.get("data");
            data.fieldNames()
                    .forEachRemaining(
                            key -> data.put(key, data.get(key).asText().replaceAll("\\s", "")));
        }
        return same;
    }

    @Test
    void aDigestTakesThePlaceOfTheTag() {
        var digest = "sha256:" + "0a".repeat(32);
        assertThat(render(PRODUCTION, as -> as.set("image.digest", digest)))
                .contains("image: registry.example.com/pms-events@" + digest)
                .doesNotContain("pms-events:1");
    }

    @Test
    void aChangeOfTheSettingsReplacesThePods() {
        var before = render(PRODUCTION, as -> as);
        var after = render(PRODUCTION, as -> as.set("settings.PMS_EVENTS_FEED_RETENTION", "8d"));
        assertThat(pods(after).at("/metadata/annotations"))
                .isNotEqualTo(pods(before).at("/metadata/annotations"));
        assertThat(pods(after).get("spec")).isEqualTo(pods(before).get("spec"));
    }

    private static JsonNode pods(String rendered) {
        return Yamls.all(rendered).stream()
                .<JsonNode>map(JSON::valueToTree)
                .filter(object -> object.get("kind").asText().equals("Deployment"))
                .findFirst()
                .orElseThrow()
                .at("/spec/template");
    }

    @ParameterizedTest
    @ValueSource(strings = {"replcas", "image.tga", "ingress.hots", "networkPolicy.client"})
    void aMisspeltValueIsRefused(String name) {
        assertThatThrownBy(() -> render(PRODUCTION, as -> as.set(name, "1")))
                .hasMessageContaining(name.substring(name.indexOf('.') + 1));
    }

    @Test
    void itsSettingsAreThoseThatTheServiceKnows() {
        var settings = new Settings();
        var values = Yamls.one(CHART.resolve("values.yaml"));
        assertThat(Yamls.map(values.get("settings")).keySet()).allMatch(settings::isKnown);
    }

    /** Helm reads nothing outside of the chart. */
    @Test
    void itsAlertRulesAreThoseOfPrometheus() {
        assertThat(CHART.resolve(Path.of("files", "alerts.yml")))
                .hasSameTextualContentAs(Path.of("deploy", "prometheus", "alerts.yml"));
    }
}
