package org.pmsevents.bench;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A load generator that costs little itself, as it shares the machine with what it measures: each connection has a thread that writes
 * one request after the other and reads no more of the answer than its status and length.
 */
final class HttpLoad {
    private static final int TIMEOUT_MILLIS = 30_000;
    private static final int MOST_SHOWN = 500;

    private final URI server;
    private final int connections;
    private final Supplier<@Nullable String> requests;
    /** Between two requests of a connection; 0 for none. */
    private final long pauseNanos;

    /** @param requests asked for each request, on many threads: the whole of it in HTTP/1.1; null to end before the time is over */
    HttpLoad(URI server, int connections, Supplier<@Nullable String> requests) {
        this(server, connections, requests, 0);
    }

    private HttpLoad(URI server, int connections, Supplier<@Nullable String> requests, long pauseNanos) {
        this.server = server;
        this.connections = connections;
        this.requests = requests;
        this.pauseNanos = pauseNanos;
    }

    /** The same at a fixed rate. A request takes as long as from when it was due until its answer: who waits for its turn counts too. */
    HttpLoad perSecond(int rate) {
        return new HttpLoad(server, connections, requests, connections * 1_000_000_000L / rate);
    }

    /** The same, but ends as soon as this is true. */
    HttpLoad until(BooleanSupplier ended) {
        return new HttpLoad(server, connections, () -> ended.getAsBoolean() ? null : requests.get(), pauseNanos);
    }

    /**
     * What came of it.
     *
     * @param failures answers other than 2xx
     * @param failure the beginning of one of them; null for none
     * @param sortedNanos how long each request took, the shortest first
     */
    record Result(Duration took, long failures, @Nullable String failure, long[] sortedNanos) {
        /** Every answer was 2xx. */
        Result allDone() {
            assertThat(failures)
                    .as("answers other than 2xx, such as %s", failure)
                    .isZero();
            return this;
        }

        double perSecond() {
            return sortedNanos.length * 1e9 / took.toNanos();
        }

        double millis(double percentile) {
            return sortedNanos[(int) Math.min(sortedNanos.length - 1L, Math.round(sortedNanos.length * percentile))]
                    / 1e6;
        }
    }

    private record Share(long failures, @Nullable String failure, long[] nanos) {}

    Result run(Duration duration) throws InterruptedException, ExecutionException {
        var threads = Executors.newFixedThreadPool(connections);
        long begin = System.nanoTime();
        try {
            List<Callable<Share>> work = new ArrayList<>();
            IntStream.range(0, connections)
                    .forEach(each -> work.add(
                            () -> oneConnection(begin + each * pauseNanos / connections, begin + duration.toNanos())));
            long failures = 0;
            String failure = null;
            var nanos = new ArrayList<long[]>();
            for (var each : threads.invokeAll(work)) {
                var share = each.get();
                failures += share.failures();
                failure = share.failure() == null ? failure : share.failure();
                nanos.add(share.nanos());
            }
            var took = Duration.ofNanos(System.nanoTime() - begin);
            return new Result(
                    took,
                    failures,
                    failure,
                    nanos.stream().flatMapToLong(Arrays::stream).sorted().toArray());
        } finally {
            threads.shutdownNow();
        }
    }

    private Share oneConnection(long begin, long until) throws IOException {
        long failures = 0;
        String failure = null;
        var nanos = new long[1024];
        int done = 0;
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            var in = new BufferedInputStream(socket.getInputStream());
            var out = socket.getOutputStream();
            while (System.nanoTime() < until) {
                long start = pauseNanos == 0 ? System.nanoTime() : begin + done * pauseNanos;
                awaitTime(start);
                var request = requests.get();
                if (request == null) {
                    break;
                }
                out.write(request.getBytes(StandardCharsets.ISO_8859_1));
                var answer = readAnswer(in);
                if (answer != null) {
                    failures++;
                    failure = answer;
                }
                if (done == nanos.length) {
                    nanos = Arrays.copyOf(nanos, 2 * done);
                }
                nanos[done++] = System.nanoTime() - start;
            }
        }
        return new Share(failures, failure, Arrays.copyOf(nanos, done));
    }

    private static void awaitTime(long time) {
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    /** Null for 2xx, otherwise the status line and the beginning of the body. */
    private static @Nullable String readAnswer(InputStream in) throws IOException {
        var status = readLine(in);
        int length = 0;
        boolean chunked = false;
        for (var header = readLine(in); !header.isEmpty(); header = readLine(in)) {
            if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
                length = Integer.parseInt(header.substring(15).strip());
            }
            chunked |= header.equalsIgnoreCase("transfer-encoding: chunked");
        }
        if (status.startsWith("HTTP/1.1 2")) {
            if (chunked) {
                skipChunks(in);
            } else {
                in.skipNBytes(length);
            }
            return null;
        }
        var shown = in.readNBytes(Math.min(length, MOST_SHOWN));
        in.skipNBytes(length - shown.length);
        return status + " " + new String(shown, StandardCharsets.UTF_8);
    }

    private static void skipChunks(InputStream in) throws IOException {
        int length;
        do {
            length = Integer.parseInt(readLine(in), 16);
            in.skipNBytes(length);
            readLine(in);
        } while (length > 0);
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
