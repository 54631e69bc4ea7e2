package org.pmsevents.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.faulttolerance.api.CircuitBreakerMaintenance;
import jakarta.inject.Inject;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.outbound.FakePms;
import org.pmsevents.pms.outbound.WithPms;

/** That the five minutes of the README run as they stand there, and print what stands there. */
@QuarkusTest
@TestProfile(WithPms.class)
class FiveMinutesTest {
    private static final String SECTION = "Five minutes";
    private static final String HOST = "localhost:8080";
    private static final String ELLIPSIS = "…";
    /** In commands and in what they print. */
    private static final Pattern POSITION =
            Pattern.compile("(after=|Last-Event-ID: |\"position\":|\"next\":|\\bid:…:)(\\d+)");

    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final Client admin = Client.of("ada", "admin");
    private final List<Process> processes = new ArrayList<>();
    private FakePms pms;

    @TempDir
    Path folder;

    @TestHTTPResource
    URI service;

    @Inject
    CircuitBreakerMaintenance breakers;

    /** A command, and the block below it; empty if there is none. */
    private record Step(String command, String output) {}

    @BeforeEach
    void openPms() {
        breakers.resetAll();
        pms = WithPms.open();
    }

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
        pms.close();
    }

    @Test
    void everyCommandPrintsWhatIsBelowIt() throws Exception {
        var steps = steps();
        assertThat(steps).hasSizeGreaterThan(6).extracting(Step::output).doesNotContain("");
        callPms();
        // the README begins with an empty database, this test with what others have left
        long start = admin.head();
        var heard = listen();
        for (var step : steps) {
            if (POSITION.matcher(step.output()).find()) {
                awaitHead(start + lastPosition(step));
            }
            var printed = run(shifted(step.command(), start));
            assertThat(printed).as(step.command()).matches(pattern(shifted(step.output(), start)));
        }
        await("the listener has heard of the product")
                .atMost(LONGEST)
                .until(() -> SourceText.read(heard).contains("{\"type\":\"product.created\""));
    }

    /** The blocks that are marked as bash; one marked as sh needs dev mode or a terminal of its own. */
    private static List<Step> steps() {
        var steps = new ArrayList<Step>();
        for (var block : blocks()) {
            if (block.language().equals("bash")) {
                steps.add(new Step(block.text(), ""));
            } else if (!block.language().equals("sh")) {
                int last = steps.size() - 1;
                assertThat(steps.get(last).output()).isEmpty();
                steps.set(last, new Step(steps.get(last).command(), block.text()));
            }
        }
        return steps;
    }

    private static List<Page.Block> blocks() {
        return Page.of(Page.README).blocks().stream()
                .filter(block -> block.section().equals(SECTION))
                .toList();
    }

    /** The first call to a PMS takes longer than the later ones, perhaps longer than an answer waits for it. */
    private void callPms() {
        var sku = Client.newSku("FIRST-");
        long created = admin.createTold(sku);
        admin.publish(sku);
        assertThat(admin.events(created, sku, 1)).hasSize(1);
        await("the PMS has a product")
                .atMost(LONGEST)
                .until(() -> !pms.accepted(sku).isEmpty());
    }

    /** Runs the command of the third terminal, and waits until it listens. */
    private Path listen() {
        var listener = blocks().stream()
                .filter(block -> block.language().equals("sh") && block.text().contains("/api/events/stream"))
                .collect(Collectors.toList());
        assertThat(listener).hasSize(1);
        var heard = folder.resolve("heard");
        start(listener.get(0).text(), heard);
        await("the listener listens").atMost(LONGEST).until(() -> Files.size(heard) > 0);
        return heard;
    }

    /** An answer waits for its event's position for a while, and then leaves without. */
    private void awaitHead(long position) {
        await("the feed comes to " + position).atMost(LONGEST).until(() -> admin.head() >= position);
    }

    private static long lastPosition(Step step) {
        return POSITION.matcher(step.output())
                .results()
                .mapToLong(position -> Long.parseLong(position.group(2)))
                .max()
                .orElse(0);
    }

    private static String shifted(String text, long start) {
        return POSITION.matcher(text)
                .replaceAll(position -> position.group(1) + (Long.parseLong(position.group(2)) + start));
    }

    private String run(String command) throws InterruptedException {
        var output = folder.resolve("output");
        var process = start(command, output);
        assertThat(process.waitFor(LONGEST.toSeconds(), TimeUnit.SECONDS))
                .as("ends: %s", command)
                .isTrue();
        var printed = SourceText.read(output).replace("\r", "").strip();
        assertThat(process.exitValue()).as("%s%n%s", command, printed).isZero();
        return printed;
    }

    private Process start(String command, Path output) {
        var bash = new ProcessBuilder("bash", "-euo", "pipefail", "-c", command.replace(HOST, service.getAuthority()))
                .redirectInput(new File("/dev/null"))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        bash.environment()
                .keySet()
                .removeIf(name -> name.toLowerCase(Locale.ROOT).endsWith("_proxy"));
        bash.environment().put("TOKEN", Tokens.of("dev", "admin"));
        try {
            var process = bash.start();
            processes.add(process);
            return process;
        } catch (IOException e) {
            if ("true".equals(System.getenv("CI"))) {
                throw new UncheckedIOException(e);
            }
            return Assumptions.abort("there is no bash here: " + e.getMessage());
        }
    }

    /** An ellipsis stands for anything in its line, or for anything at all if it is a line of its own. */
    private static Pattern pattern(String output) {
        return Pattern.compile(output.lines()
                .map(line -> line.equals(ELLIPSIS)
                        ? "(?s:.*)"
                        : Stream.of(line.split(ELLIPSIS, -1))
                                .map(Pattern::quote)
                                .collect(Collectors.joining(".*")))
                .collect(Collectors.joining("\n")));
    }
}
