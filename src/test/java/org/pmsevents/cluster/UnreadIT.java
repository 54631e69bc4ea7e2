package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.websocket.FeedClient;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.metrics.Scrape;

/**
 * Hundreds of clients that ask a replica with a small heap for all of a long feed, as streams, WebSockets and pages, and read nothing of it.
 * All of it would be tens of times the heap.
 */
class UnreadIT {
    private static final int EVENTS = 5_000;
    private static final int STREAMS = 310;
    private static final int SOCKETS = 100;
    private static final int PAGES = 2_000;
    private static final int READERS = 2;

    /** Answers that are begun before the budget of those that were not read is used up: 24 of 2.7 MB. */
    private static final int MANY_PAGES = 16;

    private static final int STATUS_LINE = "HTTP/1.1 200".length();

    private static final long MEBIBYTE = 1 << 20;

    /** What the replica may hold for those who catch up: its budget, and what four reads bring that began within it, of 2.7 MB each. */
    private static final long MOST_CATCHING_UP = (32 + 4 * 3) * MEBIBYTE;

    /** The same of answers that were not read. */
    private static final long MOST_UNREAD = (64 + 16 * 3) * MEBIBYTE;

    /** Both budgets, and what a replica needs besides. Of 512. */
    private static final long MOST_IN_USE = 320 * MEBIBYTE;

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private static final String FILL = """
            INSERT INTO event (position, id, type, subject, actor, trace_id, occurred_at, payload)
            SELECT n, gen_random_uuid(), 'product.updated', 'LONG', 'test', repeat('a', 32), now(),
                   json_build_object('version', n, 'text', repeat('x', 5000))
            FROM generate_series(1, %1$d) AS n;
            UPDATE feed_head SET head = %1$d, floor = (SELECT max(seq) FROM event), mark_seq = (SELECT max(seq) FROM event), mark_xid = NULL;
            UPDATE handler_cursor SET position = %1$d
            """.formatted(EVENTS);

    private final Client editor = Client.of("edda", "editor");
    private final List<Socket> unread = new ArrayList<>();
    private final Map<Socket, Integer> statuses = new HashMap<>();
    private URI service;

    @Test
    void whoNeverReadsTakesNeitherTheMemoryNorTheOthersPlace() throws Exception {
        try (var cluster = new Cluster(Map.of())) {
            fill(cluster);
            var replica = cluster.start(0, "-Xmx512m", "-XX:+ExitOnOutOfMemoryError");
            service = replica.address();
            await().atMost(PATIENCE).until(replica::isReady);
            try {
                besiege(replica);
            } finally {
                for (var socket : unread) {
                    socket.close();
                }
            }
            assertThat(replica.isAlive()).isTrue();
            assertThat(replica.logged("OutOfMemory")).isEmpty();
            assertThat(replica.logged("SSE server handling"))
                    .as("errors that are none")
                    .isEmpty();
        }
    }

    private static void fill(Cluster cluster) throws SQLException {
        var migrating = cluster.start(0);
        await().atMost(PATIENCE).until(migrating::isReady);
        assertThat(migrating.terminate()).isEqualTo(143);
        try (var database = cluster.database();
                var statement = database.createStatement()) {
            statement.execute(FILL);
        }
    }

    private void besiege(Replica replica) throws IOException {
        for (int i = 0; i < STREAMS; i++) {
            ask("/api/events/stream?after=0", "Accept: text/event-stream");
        }
        await("all streams are open").atMost(PATIENCE).until(() -> answered(200) == STREAMS);
        isBounded(replica);
        for (int i = 0; i < SOCKETS; i++) {
            ask(
                    "/ws?topics=*&after=0",
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                            + "\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        }
        await("all WebSockets are open").atMost(PATIENCE).until(() -> answered(101) == SOCKETS);
        isBounded(replica);
        for (int i = 0; i < PAGES; i++) {
            ask("/api/events?limit=500&after=" + i, "Accept: application/json");
        }
        await("pages are answered, until too many are unread")
                .atMost(PATIENCE)
                .until(() -> answered(200) >= STREAMS + MANY_PAGES && answered(503) + refused(replica) > 0);
        isBounded(replica);
        othersAreServed(replica);
        isBounded(replica);
    }

    /** Sends a request with a small receive buffer, and never reads an answer. */
    private void ask(String target, String headers) throws IOException {
        var socket = new Socket();
        unread.add(socket);
        socket.setReceiveBufferSize(4 * 1024);
        socket.connect(new InetSocketAddress(service.getHost(), service.getPort()));
        var request = "GET " + target + " HTTP/1.1\r\nHost: " + service.getAuthority() + "\r\n" + headers
                + "\r\nAuthorization: " + Tokens.bearer("stuck", "viewer") + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    /** How many were ever answered by this status. Reads that of new answers, and no more. */
    private long answered(int status) throws IOException {
        for (var socket : unread) {
            if (!statuses.containsKey(socket) && socket.getInputStream().available() >= STATUS_LINE) {
                var line = new String(socket.getInputStream().readNBytes(STATUS_LINE), StandardCharsets.US_ASCII);
                statuses.put(socket, Integer.parseInt(line.substring(STATUS_LINE - 3)));
            }
        }
        return statuses.values().stream().filter(each -> each == status).count();
    }

    private static double refused(Replica replica) {
        return Scrape.of(replica.management()).sum("pms_limits_refused_total", "unread-answer");
    }

    private static void isBounded(Replica replica) {
        var scrape = Scrape.of(replica.management());
        assertThat(scrape.sum("pms_feed_catch_up_bytes")).isLessThan(MOST_CATCHING_UP);
        assertThat(scrape.sum("pms_limits_unread_bytes")).isLessThan(MOST_UNREAD);
        assertThat(replica.liveBytes()).isLessThan(MOST_IN_USE);
    }

    /** Readers that catch up with the whole feed, and with a change that is made meanwhile; a page; all of them may be asked to come again. */
    private void othersAreServed(Replica replica) {
        var read = new AtomicInteger();
        var live = URI.create(service.toString().replaceFirst("^http", "ws") + "/ws?batch=true");
        var readers = new ArrayList<FeedClient>();
        try {
            for (int i = 0; i < READERS; i++) {
                readers.add(FeedClient.of(List.of(live))
                        .token(() -> Tokens.of("reader", "viewer"))
                        .pauses(Duration.ofMillis(100), Duration.ofSeconds(1))
                        .topics("product.*")
                        .after(0)
                        .onReset(frame -> read.addAndGet(-EVENTS))
                        .start(event -> read.incrementAndGet()));
            }
            var sku = Client.newSku("UNREAD");
            await("a change is made")
                    .atMost(PATIENCE)
                    .until(() -> editor.request(Client.product(sku))
                                    .post(service.resolve("/api/products"))
                                    .statusCode()
                            == 201);
            await("a page is answered").atMost(PATIENCE).until(() -> {
                var page = editor.request().get(service.resolve("/api/events?limit=500&after=0"));
                return page.statusCode() == 200
                        && Client.json(page).get("items").size() == 500;
            });
            await("subscribers who read have everything").atMost(PATIENCE).until(() -> {
                assertThat(replica.isAlive()).isTrue();
                return read.get() == READERS * (EVENTS + 1);
            });
        } finally {
            readers.forEach(FeedClient::close);
        }
    }
}
