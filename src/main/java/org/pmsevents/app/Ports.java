package org.pmsevents.app;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.eclipse.microprofile.config.Config;

/**
 * Checks the ports that the service listens on before the start, because the service opens them last, when it has already begun to
 * work.
 */
public final class Ports {
    private static final String HTTP = "quarkus.http";
    private static final String MANAGEMENT = "quarkus.management";

    /** For a native executable, whose configuration before the start lacks the defaults. */
    private static final Map<String, Integer> DEFAULTS = new LinkedHashMap<>();

    static {
        DEFAULTS.put(HTTP, 8080);
        DEFAULTS.put(MANAGEMENT, 9000);
    }

    private Ports() {}

    /**
     * Checks whether the ports are free.
     *
     * @param defaultHost the address to listen on if none is configured
     * @param option names the option that sets a property, as the user types it
     * @return one sentence for each that is in use; empty if all are free
     */
    public static List<String> inUse(Config config, String defaultHost, UnaryOperator<String> option) {
        List<String> taken = new ArrayList<>();
        for (var server : DEFAULTS.keySet()) {
            int port = port(config, server);
            var host = config.getOptionalValue(server + ".host", String.class).orElse(defaultHost);
            if (port > 0 && !isFree(host, port)) {
                taken.add(advice(server, port, option));
            }
        }
        return taken;
    }

    /** The same sentence for a port that could not be opened. */
    static String advice(int port, Config config, UnaryOperator<String> option) {
        return advice(port == port(config, MANAGEMENT) ? MANAGEMENT : HTTP, port, option);
    }

    private static int port(Config config, String server) {
        return config.getOptionalValue(server + ".port", Integer.class)
                .orElseGet(() -> Objects.requireNonNull(DEFAULTS.get(server)));
    }

    private static boolean isFree(String host, int port) {
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            return true;
        }
        try (var socket = new ServerSocket()) {
            socket.bind(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static String advice(String server, int port, UnaryOperator<String> option) {
        return "Port " + port + " is in use: stop the process that uses it, or choose another port with "
                + option.apply(server + ".port") + ".";
    }
}
