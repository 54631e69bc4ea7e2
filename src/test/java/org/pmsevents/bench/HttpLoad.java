package org.pmsevents.bench;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A load generator that costs little itself, as it shares the machine with what it measures: each connection has a thread that writes
 * one request after the other and reads no more of the answer than its status and length.
 */
final class HttpLoad {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final URI server;
    private final int connections;
    private final Supplier<@Nullable String> requests;

    /** @param requests asked for each request, on many threads: the whole of it in HTTP/1.1; null to end before the time is over */
    HttpLoad(URI server, int connections, Supplier<@Nullable String> requests) {
        this.server = server;
        this.connections = connections;
        this.requests = requests;
    }

    /**
     * What came of it.
     *
     * @param failures answers other than 2xx
     * @param sortedNanos how long each request took, the shortest first
     */
    record Result(Duration took, long failures, long[] sortedNanos) {
        double perSecond() {
            return sortedNanos.length * 1e9 / took.toNanos();
        }

        double millis(double percentile) {
            return sortedNanos[(int) Math.min(sortedNanos.length - 1L, Math.round(sortedNanos.length * percentile))]
                    / 1e6;
        }
    }

    private record Share(long failures, long[] nanos) {}

    Result run(Duration duration) throws InterruptedException, ExecutionException {
        var threads = Executors.newFixedThreadPool(connections);
        long begin = System.nanoTime();
        try {
            List<Callable<Share>> work = new ArrayList<>();
            IntStream.range(0, connections).forEach(each -> work.add(() -> oneConnection(begin + duration.toNanos())));
            long failures = 0;
            var nanos = new ArrayList<long[]>();
            for (var share : threads.invokeAll(work)) {
                failures += share.get().failures();
                nanos.add(share.get().nanos());
            }
            var took = Duration.ofNanos(System.nanoTime() - begin);
            return new Result(
                    took,
                    failures,
                    nanos.stream().flatMapToLong(Arrays::stream).sorted().toArray());
        } finally {
            threads.shutdownNow();
        }
    }

    private Share oneConnection(long until) throws IOException {
        long failures = 0;
        var nanos = new long[1024];
        int done = 0;
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            var in = new BufferedInputStream(socket.getInputStream());
            var out = socket.getOutputStream();
            while (System.nanoTime() < until) {
                long start = System.nanoTime();
                var request = requests.get();
                if (request == null) {
                    break;
                }
                out.write(request.getBytes(StandardCharsets.ISO_8859_1));
                if (!readAnswer(in).startsWith("HTTP/1.1 2")) {
                    failures++;
                }
                if (done == nanos.length) {
                    nanos = Arrays.copyOf(nanos, 2 * done);
                }
                nanos[done++] = System.nanoTime() - start;
            }
        }
        return new Share(failures, Arrays.copyOf(nanos, done));
    }

    /** The status line. */
    private static String readAnswer(InputStream in) throws IOException {
        var status = readLine(in);
        int length = 0;
        for (var header = readLine(in); !header.isEmpty(); header = readLine(in)) {
            if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
        }
        in.skipNBytes(length);
        return status;
    }

    private static String readLine(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("the server has closed the connection");
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
