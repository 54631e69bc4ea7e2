package org.pmsevents.pms.outbound;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.pmsevents.Client;

/** A PMS in a test: a real HTTP server that keeps what it is sent, and answers as it is told. */
public final class FakePms implements AutoCloseable {
    private final int port;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        var thread = new Thread(task, "fake PMS");
        thread.setDaemon(true);
        return thread;
    });
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private final Map<String, Queue<Answer>> answers = new ConcurrentHashMap<>();
    private volatile Answer otherwise = status(200);
    private HttpServer server;

    /** @param status what it was answered; 0 while it is not, or for a connection that was cut */
    public record Received(String path, String sku, Map<String, List<String>> headers, String body, int[] answered) {
        public String header(String name) {
            var values = headers.get(name);
            return values == null ? null : values.get(0);
        }

        public long version() {
            return Client.json(body).get("version").longValue();
        }

        public boolean isAccepted() {
            return answered[0] == 200;
        }
    }

    /** How a request is answered; answers its status. */
    @FunctionalInterface
    public interface Answer {
        int to(HttpExchange call) throws IOException;
    }

    private FakePms(int port) {
        this.port = port;
    }

    /** @param port 0 for any */
    public static FakePms open(int port) {
        var pms = new FakePms(port == 0 ? freePort() : port);
        pms.open();
        return pms;
    }

    private static int freePort() {
        try (var probe = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + port + "/pms");
    }

    /** Listens, again. */
    public void open() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 100);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::receive);
        server.start();
    }

    private void receive(HttpExchange call) throws IOException {
        var path = call.getRequestURI().getRawPath();
        var sku = URLDecoder.decode(path.substring(path.lastIndexOf('/') + 1), StandardCharsets.UTF_8);
        var body = new String(call.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var request = new Received(path, sku, call.getRequestHeaders(), body, new int[1]);
        received.add(request);
        var told = answers.get(sku);
        Answer next = null;
        if (told != null) {
            synchronized (told) {
                next = told.poll();
            }
        }
        try {
            request.answered()[0] = (next == null ? otherwise : next).to(call);
        } finally {
            call.close();
        }
    }

    public void answer(String sku, Answer... inTurn) {
        answers.put(sku, new ArrayDeque<>(List.of(inTurn)));
    }

    public void answerAll(Answer answer) {
        otherwise = answer;
    }

    /** What has come for a product, in the order in which it came. */
    public List<Received> received(String sku) {
        return received.stream().filter(each -> each.sku().equals(sku)).toList();
    }

    /** The versions of a product that it has taken. */
    public List<Long> accepted(String sku) {
        return received(sku).stream()
                .filter(Received::isAccepted)
                .map(Received::version)
                .toList();
    }

    public int calls() {
        return received.size();
    }

    public static Answer status(int status, String... headers) {
        return call -> {
            for (int i = 0; i < headers.length; i += 2) {
                call.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            call.sendResponseHeaders(status, -1);
            return status;
        };
    }

    /** Closes the connection instead. */
    public static Answer cut() {
        return call -> {
            call.close();
            return 0;
        };
    }

    /** Not before the latch is released. */
    public static Answer after(CountDownLatch latch, Answer answer) {
        return call -> {
            try {
                if (!latch.await(60, TimeUnit.SECONDS)) {
                    return 0;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return answer.to(call);
        };
    }

    /** Nobody listens any more; connections are cut. */
    @Override
    public void close() {
        server.stop(0);
    }
}
