package org.pmsevents.jsclient;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Programs of the tests that Node runs. */
public final class NodeProgram {
    private static final Path PROGRAMS = Path.of("src/test/js");
    private static final int OLDEST = 20;
    /** From this one on, Node has WebSockets by itself. */
    private static final int WITH_WEBSOCKET = 22;

    private NodeProgram() {}

    /**
     * Prepares to run a program; skips the test where there is no Node that can.
     *
     * @param options of Node
     */
    public static ProcessBuilder of(
            List<String> options, String program, List<String> arguments, Map<String, String> environment) {
        int version = version();
        Assumptions.assumeTrue(
                version >= OLDEST,
                "there is no Node " + OLDEST + " or newer here: the JavaScript client is NOT tested");
        var command = new ArrayList<>(List.of("node"));
        if (version < WITH_WEBSOCKET) {
            command.add("--experimental-websocket");
        }
        command.addAll(options);
        command.add(PROGRAMS.resolve(program).toString());
        command.addAll(arguments);
        var process = new ProcessBuilder(command);
        process.environment().putAll(environment);
        return process;
    }

    /** 0 if there is none. */
    private static int version() {
        try {
            var node = new ProcessBuilder("node", "-p", "process.versions.node").start();
            if (!node.waitFor(30, TimeUnit.SECONDS)) {
                node.destroyForcibly();
                return 0;
            }
            return Integer.parseInt(new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                    .strip()
                    .split("\\.")[0]);
        } catch (IOException | NumberFormatException e) {
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 0;
        }
    }
}
