package org.pmsevents.cluster;

import static org.pmsevents.Waiting.await;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.pmsevents.dev.OwnServers;

/**
 * The Redis of a test, each node of it behind a proxy of its own: one, or the three of a Redis Cluster, which then tell clients the
 * addresses of their proxies.
 */
final class RedisNodes implements AutoCloseable {
    private static final Duration GOSSIP = Duration.ofSeconds(30);

    private final List<RedisProxy> proxies = new ArrayList<>();
    private final boolean clustered;
    private List<OwnServers.Server> servers = List.of();

    RedisNodes(boolean clustered) {
        this.clustered = clustered;
        startEmpty();
    }

    boolean areClustered() {
        return clustered;
    }

    /** New nodes, empty, where the old ones were. */
    void startEmpty() {
        servers = clustered ? OwnServers.redisCluster() : List.of(OwnServers.redis());
        for (int i = 0; i < servers.size(); i++) {
            var address = servers.get(i).address();
            if (i < proxies.size()) {
                proxies.get(i).leadTo(address);
            } else {
                proxies.add(new RedisProxy(address));
            }
        }
        if (clustered) {
            announceProxies();
        }
    }

    private void announceProxies() {
        for (int i = 0; i < servers.size(); i++) {
            ask(
                    servers.get(i).address(),
                    "CONFIG SET cluster-announce-port " + proxies.get(i).port());
        }
        await("every node knows the proxies of all")
                .atMost(GOSSIP)
                .until(() -> servers.stream()
                        .map(server -> ask(server.address(), "CLUSTER NODES"))
                        .allMatch(
                                nodes -> proxies.stream().allMatch(proxy -> nodes.contains(":" + proxy.port() + "@"))));
    }

    /** For {@code QUARKUS_REDIS_HOSTS}. */
    String hosts() {
        return proxies.stream()
                .map(proxy -> "redis://127.0.0.1:" + proxy.port())
                .collect(Collectors.joining(","));
    }

    void stop() throws IOException {
        for (var server : servers) {
            server.close();
        }
        each(TcpProxy::cut);
    }

    /** Nobody reaches it; what it holds stays. */
    void cutOff() {
        each(proxy -> proxy.leadTo(URI.create("redis://127.0.0.1:1")));
    }

    void reconnect() {
        for (int i = 0; i < servers.size(); i++) {
            proxies.get(i).leadTo(servers.get(i).address());
        }
    }

    /** Takes one node away for good; of a single Redis that is all of it. */
    void loseOne() {
        proxies.get(0).leadTo(URI.create("redis://127.0.0.1:1"));
        ask(servers.get(0).address(), "SHUTDOWN NOSAVE");
    }

    /** By {@code FLUSHALL}. */
    void empty() {
        servers.forEach(server -> ask(server.address(), "FLUSHALL"));
    }

    /** The field of a hash; empty if no node has it. */
    String field(String key, String field) {
        for (var server : servers) {
            try {
                var lines = ask(server.address(), "HGET " + key + " " + field).split("\r\n");
                if (lines.length == 2) {
                    return lines[1];
                }
            } catch (IllegalStateException moved) {
                // another node has it
            }
        }
        return "";
    }

    /** How many keys each node holds. */
    List<Integer> keys() {
        return servers.stream()
                .map(server -> ask(server.address(), "DBSIZE").strip())
                .filter(size -> size.startsWith(":"))
                .map(size -> Integer.valueOf(size.substring(1)))
                .toList();
    }

    /** 0 loses, or swaps, none. */
    void spoil(int losesOneIn, int swapsOneIn) {
        each(proxy -> proxy.spoil(losesOneIn, swapsOneIn));
    }

    void stall() {
        each(TcpProxy::stall);
    }

    void goOn() {
        each(TcpProxy::goOn);
    }

    int lost() {
        return proxies.stream().mapToInt(proxy -> proxy.lost.get()).sum();
    }

    int overtaken() {
        return proxies.stream().mapToInt(proxy -> proxy.overtaken.get()).sum();
    }

    private void each(Consumer<RedisProxy> what) {
        proxies.forEach(what);
    }

    /** One reply, as text; nothing where the server ends instead of answering. */
    private static String ask(URI node, String command) {
        try (var socket = new Socket(node.getHost(), node.getPort())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            var reply = new ByteArrayOutputStream();
            RedisProxy.copyReply(new BufferedInputStream(socket.getInputStream()), reply);
            var text = reply.toString(StandardCharsets.UTF_8);
            if (text.startsWith("-")) {
                throw new IllegalStateException(command + ": " + text);
            }
            return text;
        } catch (IOException ended) {
            return "";
        }
    }

    @Override
    public void close() throws IOException {
        proxies.forEach(TcpProxy::close);
        for (var server : servers) {
            server.close();
        }
    }
}
