package org.pmsevents.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One address for several replicas, as a Kubernetes Service is: each new connection goes to the next replica that is ready, judged
 * by its management port, and then stays with it; one that is not ready any more keeps the connections that it has. It repeats nothing.
 */
public final class Balancer implements AutoCloseable {
    private static final Duration PROBE = Duration.ofSeconds(1);
    private static final long PROBE_EVERY_MILLIS = 100;

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PROBE).build();
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<Replica> replicas = new CopyOnWriteArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final ScheduledExecutorService probes = Executors.newSingleThreadScheduledExecutor(task -> {
        var thread = new Thread(task, "balancer probes");
        thread.setDaemon(true);
        return thread;
    });
    private volatile List<Replica> ready = List.of();

    public Balancer() throws IOException {
        listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        begin("balancer", this::accept);
        var unused = probes.scheduleWithFixedDelay(this::probe, 0, PROBE_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort());
    }

    public void add(Replica replica) {
        replicas.add(replica);
    }

    public void remove(Replica replica) {
        replicas.remove(replica);
    }

    /** Whether it sends new connections there. */
    public boolean leadsTo(Replica replica) {
        return ready.contains(replica);
    }

    private void probe() {
        ready = replicas.stream().filter(this::isReady).toList();
    }

    private boolean isReady(Replica replica) {
        if (!replica.isAlive()) {
            return false;
        }
        var probe = HttpRequest.newBuilder(replica.management().resolve("/q/health/ready"))
                .timeout(PROBE)
                .build();
        try {
            return http.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (HttpTimeoutException e) {
            // slow, which is no answer
            return leadsTo(replica);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var client = listener.accept();
                open.add(client);
                begin("balancer connection", () -> join(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void join(Socket client) {
        var choice = ready;
        if (choice.isEmpty()) {
            close(client);
            return;
        }
        var address =
                choice.get(Math.floorMod(turn.getAndIncrement(), choice.size())).address();
        try (client;
                var server = new Socket(address.getHost(), address.getPort())) {
            open.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            begin("balancer back", () -> pass(server, client));
            pass(client, server);
        } catch (IOException e) {
            // nobody listens there: the client learns it
        } finally {
            open.removeIf(Socket::isClosed);
        }
    }

    /** Until one side ends, which ends both. */
    private static void pass(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // closed by either side
        }
        close(to);
        close(from);
    }

    private static void begin(String name, Runnable work) {
        var thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // closed is closed
        }
    }

    @Override
    public void close() {
        probes.shutdownNow();
        try {
            listener.close();
        } catch (IOException e) {
            // closed is closed
        }
        open.forEach(Balancer::close);
    }
}
