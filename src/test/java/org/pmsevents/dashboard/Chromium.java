package org.pmsevents.dashboard;

import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * The Chromium that is installed, with its driver; nothing is downloaded. Where there is none the test is skipped, and says so, but fails
 * under {@code CI=true}.
 */
final class Chromium implements AutoCloseable {
    private static final List<String> BROWSERS =
            List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome");
    private static final List<String> DRIVERS = List.of(
            "/usr/bin/chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver");

    private final Path profile;
    private final ChromeDriver driver;

    private Chromium(Path browser, Path driver) {
        try {
            profile = Files.createTempDirectory("pms-events-chromium");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var logged = new LoggingPreferences();
        logged.enable(LogType.BROWSER, java.util.logging.Level.ALL);
        var options = new ChromeOptions()
                .setBinary(browser.toFile())
                .addArguments(
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--user-data-dir=" + profile);
        options.setCapability("goog:loggingPrefs", logged);
        this.driver = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.toFile())
                        .usingAnyFreePort()
                        .build(),
                options);
    }

    static Chromium start() {
        var browser = first(System.getProperty("chromium.browser"), BROWSERS);
        var driver = first(System.getProperty("chromium.driver"), DRIVERS);
        if (browser.isEmpty() || driver.isEmpty()) {
            var lost = "NO CHROMIUM with a chromedriver here: THE DASHBOARD IS NOT TESTED."
                    + " On Debian: apt-get install chromium chromium-driver";
            if ("true".equals(System.getenv("CI"))) {
                Assertions.fail(lost);
            }
            System.err.println("\n******** " + lost + " ********\n");
            Assumptions.abort(lost);
        }
        return new Chromium(browser.orElseThrow(), driver.orElseThrow());
    }

    private static Optional<Path> first(String told, List<String> usual) {
        return Stream.concat(Stream.ofNullable(told), usual.stream())
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    ChromeDriver driver() {
        return driver;
    }

    /** What the page has complained of since this was asked last: scripts that failed, what a policy forbade, what could not be loaded. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    /** How wide and high the page is, in CSS pixels; a window can't be made as narrow as a phone. */
    void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    }

    @Override
    public void close() {
        driver.quit();
        // its processes end a little later, and write on for as long
        await("the browser's files can be deleted").ignoreExceptions().until(() -> {
            try (var files = Files.walk(profile)) {
                for (var file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
                    Files.deleteIfExists(file);
                }
            }
            return true;
        });
    }
}
