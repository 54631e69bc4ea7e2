package org.pmsevents.metrics.resource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The memory that the process uses and may use, read from {@code /proc} and the control groups (version 2 or 1) of Linux where they
 * exist. Reads files, so it must not run on an event loop.
 */
final class ContainerMemory {
    private static final int BYTES_A_KILOBYTE = 1_024;

    /** Version 1 reports no limit as this number, rounded down to a page. */
    private static final long NO_LIMIT = Long.MAX_VALUE / 2;

    private final Path root;

    /** @param root {@code /}, except in tests */
    ContainerMemory(Path root) {
        this.root = root;
    }

    /** The resident set size in bytes; empty if the system does not report it. */
    OptionalLong used() {
        return lines(root.resolve("proc/self/status"))
                .filter(line -> line.startsWith("VmRSS:"))
                .flatMapToLong(line -> number(line.replaceAll("[^0-9]", "")))
                .map(kilobytes -> kilobytes * BYTES_A_KILOBYTE)
                .findFirst();
    }

    /** The lowest limit of the control groups of the process, in bytes; empty if there is none. */
    OptionalLong limit() {
        return lines(root.resolve("proc/self/cgroup"))
                .flatMap(this::folders)
                .flatMap(folder ->
                        Stream.of("memory.max", "memory.limit_in_bytes").map(folder::resolve))
                .flatMap(ContainerMemory::lines)
                .flatMapToLong(ContainerMemory::number)
                .filter(limit -> limit < NO_LIMIT)
                .min();
    }

    /** A line is {@code 0::/path}, or {@code 5:memory:/path} in version 1; a container may see its own group as the root. */
    private Stream<Path> folders(String line) {
        var parts = line.split(":", 3);
        if (parts.length < 3) {
            return Stream.empty();
        }
        var base = root.resolve("sys/fs/cgroup");
        if (!parts[1].isEmpty()) {
            if (!Stream.of(parts[1].split(",")).anyMatch("memory"::equals)) {
                return Stream.empty();
            }
            base = base.resolve("memory");
        }
        var top = base;
        var group = base.resolve(parts[2].replaceFirst("^/+", "")).normalize();
        return group.startsWith(top)
                ? Stream.iterate(group, folder -> folder.startsWith(top), Path::getParent)
                : Stream.of(top);
    }

    private static Stream<String> lines(Path file) {
        try {
            return Optional.of(Files.readAllLines(file)).stream().flatMap(lines -> lines.stream());
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    private static LongStream number(String text) {
        try {
            return LongStream.of(Long.parseLong(text.strip()));
        } catch (NumberFormatException e) {
            return LongStream.empty();
        }
    }
}
