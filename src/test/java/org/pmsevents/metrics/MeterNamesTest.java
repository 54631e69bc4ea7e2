package org.pmsevents.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** That the dashboard, the alert rules and the documentation name only meters that exist, once the service has been used a little. */
@QuarkusTest
class MeterNamesTest {
    private static final Pattern NAME =
            Pattern.compile("(?<![a-zA-Z0-9_$])[a-zA-Z_:][a-zA-Z0-9_:]*(?!\\s*\\(|[a-zA-Z0-9_:])");
    private static final Set<String> WORDS =
            Set.of("and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset");
    private static final String BY_PROMETHEUS = "up";
    private static final Set<String> SUFFIXES = Set.of("", "_count", "_sum", "_bucket", "_max");

    private final Client editor = Client.of("edda", "editor", "stock");
    private final Client operator = Client.of("olga", "operator");

    @TestHTTPResource(value = "/", management = true)
    URI management;

    @BeforeEach
    void useTheService() {
        var sku = Client.newSku("NAMES-");
        editor.create(sku);
        editor.read(sku);
        editor.adjust(sku, 5);
        operator.request("{\"kind\":\"queue.probe\",\"payload\":{\"steps\":1,\"stepMillis\":1}}")
                .post("/api/jobs");
        await().atMost(Duration.ofSeconds(30))
                .until(() -> Scrape.of(management)
                        .names()
                        .containsAll(Set.of(
                                "pms_handler_lag", "pms_jobs_work_seconds_count", "pms_after_commit_seconds_count")));
    }

    /** The names of the metrics in a PromQL expression. */
    static Set<String> metrics(String expression) {
        var bare = expression
                .replaceAll("\"(\\\\.|[^\"\\\\])*\"", "")
                .replaceAll("\\{[^}]*}", "")
                .replaceAll("\\[[^]]*]", "")
                .replaceAll("\\b(by|without|on|ignoring|group_left|group_right)\\s*\\([^)]*\\)", "");
        var names = new TreeSet<String>();
        NAME.matcher(bare)
                .results()
                .map(found -> found.group())
                .filter(name -> !WORDS.contains(name))
                .forEach(names::add);
        return names;
    }

    @Test
    void theNamesInAnExpressionAreFound() {
        assertThat(
                        metrics(
                                "topk(10, histogram_quantile(0.99, sum by (le, uri) (rate(a_bucket{x=~\"$y\"}[$__rate_interval]))))"))
                .containsExactly("a_bucket");
        assertThat(metrics("sum(rate(a{b=\"c d\"}[5m])) / sum(e) > 0.05 and max(changes(f[2m])) == 1e3"))
                .containsExactly("a", "e", "f");
    }

    @Test
    void thePanelsOfTheDashboardAreOnMetersThatThereAre() throws IOException {
        var dashboard = Client.json(Files.readString(Path.of("deploy/grafana/pms-events.json")));
        var used = new TreeSet<String>();
        dashboard.findValues("expr").forEach(expression -> used.addAll(metrics(expression.textValue())));
        assertThat(used).hasSizeGreaterThan(30);
        assertThat(Scrape.of(management).names()).containsAll(used);
        assertThat(dashboard.at("/templating/list/0/type").textValue()).isEqualTo("datasource");
        for (JsonNode panel : dashboard.get("panels")) {
            assertThat(panel.path("datasource").path("uid").asText("${datasource}"))
                    .isEqualTo("${datasource}");
        }
    }

    @Test
    void theAlertRulesAreOnMetersThatThereAre() throws IOException {
        var used = new TreeSet<String>();
        var rules = Files.readString(Path.of("deploy/prometheus/alerts.yml"));
        Pattern.compile("expr: (?:\\|\\s*\\n((?: {10}.*\\n)+)|(.*))")
                .matcher(rules)
                .results()
                .map(rule -> rule.group(1) == null ? rule.group(2) : rule.group(1))
                .forEach(expression -> used.addAll(metrics(expression)));
        assertThat(used).hasSizeGreaterThan(10).contains(BY_PROMETHEUS, "http_server_requests_seconds_count");
        used.remove(BY_PROMETHEUS);
        assertThat(Scrape.of(management).names()).containsAll(used);
        assertThat(rules.lines().filter(line -> line.strip().startsWith("runbook: \"")))
                .hasSameSizeAs(rules.lines()
                        .filter(line -> line.strip().startsWith("- alert: "))
                        .toList());
    }

    @Test
    void everyBoxAndArrowHasTheMetersThatTheReferenceNames() throws IOException {
        var table = Files.readString(Path.of("src", "docs", "reference", "metrics.md"))
                .lines()
                .dropWhile(line -> !line.startsWith("| box or arrow of the picture |"))
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        assertThat(table).hasSizeGreaterThan(20);
        var there = Scrape.of(management).names();
        var missing = new HashSet<String>();
        for (var row : table) {
            var meters = Pattern.compile("`([a-z0-9_]+)`")
                    .matcher(row.split("\\|")[2])
                    .results()
                    .map(name -> name.group(1))
                    .toList();
            assertThat(row.contains("the same") || !meters.isEmpty()).as(row).isTrue();
            meters.stream()
                    .filter(name -> SUFFIXES.stream().noneMatch(suffix -> there.contains(name + suffix)))
                    .forEach(missing::add);
        }
        assertThat(missing).isEmpty();
    }
}
