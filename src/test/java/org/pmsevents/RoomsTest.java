package org.pmsevents;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTag;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The arrows between the rooms, in one table, and how large a room may be. */
@AnalyzeClasses(packages = "org.pmsevents", importOptions = ImportOption.DoNotIncludeTests.class)
@ArchTag("pure")
class RoomsTest {
    private static final String ROOT = "org.pmsevents.";
    private static final Path SOURCES = Path.of("src/main/java/org/pmsevents");
    private static final int MOST_FILES = 21;

    /** Each room with the rooms that it uses: no others, and each of these. */
    private static final Map<String, Set<String>> USES = Map.ofEntries(
            entry("platform", Set.of()),
            entry("event", Set.of("platform")),
            entry("http", Set.of("event", "platform")),
            entry("queue", Set.of("event", "http", "platform")),
            entry("alert", Set.of("event", "http", "platform", "queue")),
            entry("cache", Set.of("event", "http", "platform", "queue")),
            entry("inventory", Set.of("cache", "event", "http", "platform")),
            entry("pms", Set.of("event", "http", "inventory", "platform", "queue")),
            entry("product", Set.of("cache", "event", "http", "inventory", "platform", "pms", "queue")),
            entry("transfer", Set.of("event", "http", "inventory", "platform", "product", "queue")),
            entry("subscription", Set.of("event", "http", "platform")),
            entry("delivery", Set.of("event", "http", "platform", "queue", "subscription")),
            entry("metrics", Set.of("delivery", "event", "http", "inventory", "platform", "pms", "queue")),
            entry("apikey", Set.of("event", "http", "platform")),
            entry("export", Set.of("cache", "event", "http", "inventory", "platform", "product")),
            entry("dashboard", Set.of()),
            entry(
                    "wiring",
                    Set.of(
                            "cache",
                            "delivery",
                            "event",
                            "http",
                            "inventory",
                            "metrics",
                            "platform",
                            "product",
                            "queue",
                            "subscription")),
            entry(
                    "app",
                    Set.of(
                            "alert",
                            "apikey",
                            "cache",
                            "delivery",
                            "event",
                            "http",
                            "inventory",
                            "metrics",
                            "platform",
                            "pms",
                            "queue",
                            "subscription")),
            entry("dev", Set.of("app", "http", "platform")));

    @ArchTest
    static void aRoomUsesTheRoomsOfItsRowAndNoOthers(JavaClasses classes) {
        var used = new TreeMap<String, Set<String>>();
        for (var type : classes) {
            var room = room(type);
            var others = used.computeIfAbsent(room, first -> new TreeSet<>());
            type.getDirectDependenciesFromSelf().stream()
                    .map(dependency -> dependency.getTargetClass())
                    .filter(target -> target.getPackageName().startsWith(ROOT))
                    .map(RoomsTest::room)
                    .filter(target -> !target.equals(room))
                    .forEach(others::add);
        }
        assertThat(used).containsExactlyInAnyOrderEntriesOf(new TreeMap<>(USES));
    }

    @ArchTest
    static final ArchRule partsOfRoomsHaveNoCycles = slices().matching("org.pmsevents.(**)")
            .should()
            .beFreeOfCycles()
            .because("parts that need each other are one part");

    @ArchTest
    static void everyRoomSaysWhatItIsAndHoldsOneThing(JavaClasses classes) throws IOException {
        var crowded = new ArrayList<String>();
        var silent = new ArrayList<String>();
        try (var folders = Files.walk(SOURCES).filter(Files::isDirectory)) {
            for (var folder : folders.toList()) {
                long files = count(folder);
                if (files > MOST_FILES) {
                    crowded.add(folder + " has " + files + " files");
                }
                if (files > 0 && !Files.exists(folder.resolve("package-info.java"))) {
                    silent.add(folder.toString());
                }
            }
        }
        assertThat(crowded).as("rooms with more than %d files", MOST_FILES).isEmpty();
        assertThat(silent).as("rooms without a package-info.java").isEmpty();
    }

    private static long count(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".java")).count();
        }
    }

    private static String room(JavaClass type) {
        return type.getPackageName().substring(ROOT.length()).replaceFirst("\\..*", "");
    }
}
