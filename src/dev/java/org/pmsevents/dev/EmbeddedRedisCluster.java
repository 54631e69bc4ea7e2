package org.pmsevents.dev;

import io.quarkus.deployment.builditem.Startable;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A Redis Cluster of three nodes on the loopback address. It replaces the single Redis of the tests if the system property
 * {@code pms.redis} is {@code cluster}.
 */
final class EmbeddedRedisCluster implements Startable {
    private static final int NODES = 3;
    private static final int SLOTS = 16_384;
    private static final long PATIENCE_SECONDS = 30;

    private final List<EmbeddedRedisServer> nodes = new ArrayList<>();

    EmbeddedRedisCluster(List<ServerFolder> folders) {
        folders.forEach(folder -> nodes.add(EmbeddedRedisServer.clusterNode(folder)));
    }

    static boolean isWanted() {
        return "cluster".equals(System.getProperty("pms.redis"));
    }

    static List<ServerFolder> folders() {
        List<ServerFolder> folders = new ArrayList<>();
        for (int i = 0; i < NODES; i++) {
            folders.add(ServerFolder.temporary("redis-" + i));
        }
        return folders;
    }

    @Override
    public void start() {
        nodes.forEach(EmbeddedRedisServer::start);
        for (int i = 0; i < NODES; i++) {
            ask(i, "CLUSTER ADDSLOTSRANGE " + i * SLOTS / NODES + " " + ((i + 1) * SLOTS / NODES - 1));
            ask(i, "CONFIG SET cluster-node-timeout 2000");
        }
        for (int i = 1; i < NODES; i++) {
            ask(
                    i,
                    "CLUSTER MEET 127.0.0.1 " + nodes.get(0).port() + " "
                            + nodes.get(0).busPort());
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!isWhole()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the Redis Cluster did not form: " + ask(0, "CLUSTER INFO"));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private boolean isWhole() {
        for (int i = 0; i < NODES; i++) {
            String info = ask(i, "CLUSTER INFO");
            if (!info.contains("cluster_state:ok") || !info.contains("cluster_known_nodes:" + NODES)) {
                return false;
            }
        }
        return true;
    }

    /** The address of each node. */
    List<URI> addresses() {
        return nodes.stream().map(node -> URI.create(node.getConnectionInfo())).toList();
    }

    private String ask(int node, String command) {
        try (Socket socket = new Socket(
                        InetAddress.getLoopbackAddress(), nodes.get(node).port());
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            String first = in.readLine();
            if (first == null || first.startsWith("-")) {
                throw new IllegalStateException(command + ": " + first);
            }
            if (!first.startsWith("$")) {
                return first;
            }
            char[] body = new char[Integer.parseInt(first.substring(1))];
            int read = 0;
            while (read < body.length) {
                int more = in.read(body, read, body.length - read);
                if (more < 0) {
                    throw new IOException("cut off");
                }
                read += more;
            }
            return new String(body);
        } catch (IOException e) {
            throw new UncheckedIOException(command, e);
        }
    }

    @Override
    public String getConnectionInfo() {
        return nodes.stream().map(EmbeddedRedisServer::getConnectionInfo).collect(Collectors.joining(","));
    }

    @Override
    public @Nullable String getContainerId() {
        return null;
    }

    @Override
    public void close() throws IOException {
        for (EmbeddedRedisServer node : nodes) {
            node.close();
        }
    }
}
