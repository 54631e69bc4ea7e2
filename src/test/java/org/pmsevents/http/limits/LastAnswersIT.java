package org.pmsevents.http.limits;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.security.Tokens;

/** SIGTERM under load, without a delay: a request that was sent is answered, and whoever connects afterwards is refused. */
@Tag("native")
class LastAnswersIT {
    private static final Duration READY = Duration.ofSeconds(60);
    private static final int CLIENTS = 48;
    /** Of every other client; well below the second that each has for its next request. */
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(200);

    /** Of each client before the replica is stopped. */
    private static final int REQUESTS = Integer.getInteger("stop.requests", 10);
    /** How often, {@code -Dstop.times=}. */
    private static final int TIMES = Integer.getInteger("stop.times", 1);

    @Test
    void everyRequestThatWasSentIsAnswered() throws Exception {
        try (var cluster = new Cluster(Map.of())) {
            for (int i = 0; i < TIMES; i++) {
                new Load(cluster.start(0)).stopAndCheck();
            }
        }
    }

    @Test
    void aConnectionThatStaysIdleIsClosedAndNotReset() throws Exception {
        try (var cluster = new Cluster(Map.of())) {
            var replica = cluster.start(0);
            await().atMost(READY).until(replica::isReady);
            var address = replica.address();
            try (var socket = new Socket(address.getHost(), address.getPort())) {
                var in = new BufferedInputStream(socket.getInputStream());
                socket.getOutputStream().write(request(0));
                assertThat(readAnswer(in)).as("last answer").isFalse();

                assertThat(replica.terminate()).isIn(0, 143);

                assertThat(in.read()).as("end of the stream").isEqualTo(-1);
            }
        }
    }

    /** Clients that ask one thing after the other on a connection that they keep, and on a new one once they are told to. */
    private static final class Load {
        private final Replica replica;
        private final AtomicInteger asking = new AtomicInteger();
        private final AtomicInteger answered = new AtomicInteger();
        private final AtomicInteger toldLast = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();
        private final Queue<String> unanswered = new ConcurrentLinkedQueue<>();

        Load(Replica replica) {
            this.replica = replica;
        }

        void stopAndCheck() throws InterruptedException {
            await().atMost(READY).until(replica::isReady);
            var clients = new ArrayList<Thread>();
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                clients.add(new Thread(() -> askAgainAndAgain(client), "client " + i));
            }
            clients.forEach(Thread::start);
            await("all ask").atMost(READY).until(() -> asking.get() == CLIENTS && answered.get() > REQUESTS * CLIENTS);

            assertThat(replica.terminate()).isIn(0, 143);
            for (var client : clients) {
                client.join(READY.toMillis());
            }
            assertThat(unanswered).as("of %s answered", answered).isEmpty();
            assertThat(refused).hasValue(CLIENTS);
            assertThat(toldLast).hasValue(CLIENTS);
        }

        private void askAgainAndAgain(int client) {
            var address = replica.address();
            for (int connection = 0; ; connection++) {
                try (var socket = new Socket(address.getHost(), address.getPort())) {
                    socket.setSoTimeout((int) READY.toMillis());
                    socket.setTcpNoDelay(true);
                    askUntilTold(socket, client, connection);
                } catch (ConnectException e) {
                    refused.incrementAndGet();
                    return;
                } catch (IOException e) {
                    unanswered.add("client %d, connection %d, %s".formatted(client, connection, e));
                    return;
                }
            }
        }

        private void askUntilTold(Socket socket, int client, int connection) throws IOException {
            var in = new BufferedInputStream(socket.getInputStream());
            for (int request = 0; ; request++) {
                socket.getOutputStream().write(request(client + request));
                boolean isLast = readAnswer(in);
                answered.incrementAndGet();
                if (connection == 0 && request == 0) {
                    asking.incrementAndGet();
                }
                if (isLast) {
                    toldLast.incrementAndGet();
                    return;
                }
                if (client % 2 == 0) {
                    // the next request comes while others are answered, or nobody is
                    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(LONGEST_PAUSE.toNanos()));
                }
            }
        }
    }

    /** One that reads, one with a body, one that is refused. */
    private static byte[] request(int number) {
        var head = List.of(
                        "GET /api/products?limit=1 HTTP/1.1\r\n",
                        "POST /api/inventory/adjustments HTTP/1.1\r\n"
                                + "Content-Type: application/json\r\n"
                                + "Content-Length: 2\r\n",
                        "GET /api/none HTTP/1.1\r\n")
                .get(number % 3);
        var body = head.startsWith("POST") ? "{}" : "";
        return (head + "Host: any\r\nAuthorization: " + Tokens.bearer("anna", "viewer") + "\r\n\r\n" + body)
                .getBytes(US_ASCII);
    }

    /** Returns whether the answer says that it is the last one. */
    private static boolean readAnswer(InputStream in) throws IOException {
        boolean isLast = false;
        int length = 0;
        var status = line(in);
        if (!status.startsWith("HTTP/1.1 ")) {
            throw new IOException("no answer: " + status);
        }
        for (var line = line(in); !line.isEmpty(); line = line(in)) {
            var header = line.toLowerCase(Locale.ROOT);
            isLast |= header.equals("connection: close");
            if (header.startsWith("content-length: ")) {
                length = Integer.parseInt(header.substring("content-length: ".length()));
            }
            if (header.startsWith("transfer-encoding")) {
                throw new IllegalStateException("has no length");
            }
        }
        if (in.readNBytes(length).length < length) {
            throw new IOException("only a part of the body of " + status);
        }
        return isLast;
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException("closed after '%s'".formatted(line));
            }
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }
}
