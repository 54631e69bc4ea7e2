package org.pmsevents.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.pms.webhook.Signatures;

/** That the page on metrics lists the service's meters as they are, and that other pages name no others. */
@QuarkusTest
class DocsMetersTest {
    private static final String OURS = "pms.";
    private static final Pattern NAME = Pattern.compile("\\bpms_[a-z_]*[a-z]\\b");
    private static final Pattern SERIES = Pattern.compile("_(count|sum|max|bucket)$");
    private static final Pattern TABLE = Pattern.compile("CREATE TABLE (?:IF NOT EXISTS )?(\\w+)");
    /** What a row says of a meter that is not there from the start. */
    private static final Pattern LATER = Pattern.compile("Appears with the first|Registered only");

    private static final Map<Meter.Type, String> TYPES = Map.of(
            Meter.Type.COUNTER, "counter",
            Meter.Type.GAUGE, "gauge",
            Meter.Type.TIMER, "timer",
            Meter.Type.DISTRIBUTION_SUMMARY, "summary");

    private final Client editor = Client.of("edda", "editor", "stock");
    private final Client operator = Client.of("olga", "operator");

    @Inject
    MeterRegistry meters;

    @BeforeEach
    void useTheService() {
        var sku = Client.newSku("METERS-");
        editor.create(sku);
        editor.read(sku);
        editor.adjust(sku, 5);
        operator.request("{\"kind\":\"queue.probe\",\"payload\":{\"steps\":1,\"stepMillis\":1}}")
                .post("/api/jobs");
        editor.anonymous().post("/webhooks/pms/stock");
        sync(sku);
        await().atMost(Duration.ofSeconds(30))
                .until(() -> registered()
                        .keySet()
                        .containsAll(Set.of("pms_handler_lag", "pms_jobs_work_seconds", "pms_after_commit_seconds")));
    }

    private void sync(String sku) {
        var counts = "{\"lines\":[{\"sku\":\"" + sku + "\",\"onHand\":5}]}";
        long now = Instant.now().getEpochSecond();
        editor.anonymous()
                .contentType("application/json")
                .header("webhook-id", sku)
                .header("webhook-timestamp", now)
                .header("webhook-signature", Signatures.of(sku, now, counts))
                .body(counts)
                .post("/webhooks/pms/stock")
                .then()
                .statusCode(200);
    }

    /** As Prometheus stores them, each with its type and the names of its labels. */
    private Map<String, String> registered() {
        var registered = new HashMap<String, Set<String>>();
        for (var meter : meters.getMeters()) {
            var id = meter.getId();
            if (id.getName().startsWith(OURS)) {
                var labels = id.getTags().stream().map(Tag::getKey).collect(Collectors.toCollection(TreeSet::new));
                registered
                        .computeIfAbsent(prometheus(id), name -> new TreeSet<>())
                        .add(TYPES.get(id.getType()) + " " + labels);
            }
        }
        var described = new TreeMap<String, String>();
        registered.forEach((name, types) -> described.put(name, String.join(" or ", types)));
        return described;
    }

    private static String prometheus(Meter.Id id) {
        var name = id.getName().replace('.', '_');
        var unit = id.getType() == Meter.Type.TIMER ? "seconds" : id.getBaseUnit();
        if (unit != null && !name.endsWith("_" + unit)) {
            name += "_" + unit;
        }
        return id.getType() == Meter.Type.COUNTER && !name.endsWith("_total") ? name + "_total" : name;
    }

    /** The rows of the page's tables of our own meters, by name. */
    private static Map<String, Page.Row> listed() {
        var listed = new TreeMap<String, Page.Row>();
        for (var row : Page.of(Page.REFERENCE.resolve("metrics.md")).rows()) {
            if (row.isUnder("Metrics of this service")) {
                row.spans("metric")
                        .forEach(name ->
                                assertThat(listed.put(name, row)).as(name).isNull());
            }
        }
        return listed;
    }

    private static String described(Page.Row row) {
        var labels = Pattern.compile("`([a-z_]+)`(?: \\([^)]*\\))?")
                .matcher(row.cells().get("labels"))
                .results()
                .map(label -> label.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        return row.cells().get("type").replaceFirst(",.*", "") + " " + labels;
    }

    @Test
    void everyMeterIsListedAsItIs() {
        var listed = listed();
        var registered = registered();
        assertThat(listed).hasSizeGreaterThan(60);
        assertThat(listed.keySet()).containsAll(registered.keySet());
        registered.forEach((name, described) ->
                assertThat(described(listed.get(name))).as(name).isEqualTo(described));
    }

    @Test
    void everyMeterThatIsListedIsThere() {
        var registered = registered().keySet();
        var source = SourceText.filesUnder(SourceText.MAIN, ".java").stream()
                .map(SourceText::read)
                .collect(Collectors.joining());
        listed().forEach((name, row) -> {
            if (LATER.matcher(row.cells().get("meaning")).find()) {
                assertThat(source)
                        .contains("\""
                                + name.replaceFirst("_(total|seconds)$", "").replace('_', '.') + "\"");
            } else {
                assertThat(registered).contains(name);
            }
        });
    }

    @Test
    void otherPagesNameMetersThatAreListed() {
        var known = new TreeSet<>(listed().keySet());
        known.addAll(tables());
        known.add("pms_events_schema_history");
        var unknown = new ArrayList<String>();
        for (var page : Page.ofThePresent()) {
            for (var name : page.find(NAME)) {
                if (!known.contains(name)
                        && !known.contains(SERIES.matcher(name).replaceFirst(""))) {
                    unknown.add(page + ": " + name);
                }
            }
        }
        assertThat(unknown).isEmpty();
    }

    private static List<String> tables() {
        return SourceText.filesUnder(Path.of("src", "main", "resources", "db", "migration"), ".sql").stream()
                .flatMap(file -> TABLE.matcher(SourceText.read(file)).results())
                .map((MatchResult table) -> table.group(1))
                .toList();
    }
}
