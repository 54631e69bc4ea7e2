package org.pmsevents.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.buffer.Unpooled;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.platform.database.ReadGate;

/**
 * Limits the memory for answers that their clients do not read. An answer stays in memory until the socket has taken it. Where there is
 * no room for more, the connection whose answer has been unread for longest is closed, so that clients that never read can't keep the
 * others out; until there is room, reads are refused. Answers over HTTP/2 are left to its flow control, and are not counted.
 */
@Singleton
class UnreadAnswers implements ReadGate {
    private static final String API = "/api/";

    /** What may wait on a connection without being counted. */
    private static final long SHORT = 16 * 1024;

    /** About the size of a head. */
    private static final long HEAD = 1024;

    /** How long an answer may stay unread when there is no room for another one. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

    private final long most;
    private final AtomicLong bytes = new AtomicLong();
    private final Set<Answer> unread = ConcurrentHashMap.newKeySet();
    private final Counter dropped;

    UnreadAnswers(LimitsConfig config, MeterRegistry meters) {
        this.most = config.unreadBytes();
        this.dropped = meters.counter("pms.limits.refused", "limit", "unread-answer");
        meters.gauge("pms.limits.unread.bytes", bytes);
    }

    /** Compared by identity: a connection may have several. */
    private final class Answer {
        private final HttpConnection connection;
        private final long length;
        private final long since = System.nanoTime();

        Answer(HttpConnection connection, long length) {
            this.connection = connection;
            this.length = length;
        }

        boolean leave() {
            boolean left = unread.remove(this);
            if (left) {
                bytes.addAndGet(-length);
            }
            return left;
        }
    }

    void watch(@Observes Filters filters) {
        filters.register(this::watch, FilterOrder.CONNECTIONS);
        filters.register(this::refuseReads, FilterOrder.UNREAD_ANSWERS);
    }

    private void watch(RoutingContext routing) {
        if (routing.request().version() != HttpVersion.HTTP_2) {
            routing.addEndHandler(ended -> written(routing));
        }
        routing.next();
    }

    /** Also of what is in the cache, and would be sent without asking the database. */
    private void refuseReads(RoutingContext routing) {
        if (bytes.get() >= most
                && routing.request().method() == HttpMethod.GET
                && routing.normalizedPath().startsWith(API)
                && !hasRoom()) {
            routing.fail(OverLimitException.busy());
        } else {
            routing.next();
        }
    }

    /** What the socket has not taken of the answer, and of those before it: a client may send many requests without reading. */
    private void written(RoutingContext routing) {
        var connection = routing.request().connection();
        if (!(connection instanceof ConnectionBase opened)) {
            return;
        }
        var outgoing = opened.channel().unsafe().outboundBuffer();
        long waiting = outgoing == null ? 0 : outgoing.totalPendingWriteBytes();
        if (waiting < SHORT) {
            return;
        }
        var answer = new Answer(connection, Math.min(waiting, routing.response().bytesWritten() + HEAD));
        unread.add(answer);
        bytes.addAndGet(answer.length);
        // an empty write is done when the socket has taken everything before it, or the connection is closed
        var unused = opened.channel().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> answer.leave());
        dropWhereFull();
    }

    @Override
    public boolean hasRoom() {
        dropWhereFull();
        return bytes.get() < most;
    }

    private void dropWhereFull() {
        boolean dropping = true;
        while (dropping && bytes.get() >= most) {
            dropping = dropSlowest();
        }
    }

    private boolean dropSlowest() {
        long now = System.nanoTime();
        var slowest = unread.stream()
                .filter(answer -> now - answer.since > PATIENCE_NANOS)
                .max(Comparator.comparingLong(answer -> now - answer.since));
        slowest.filter(Answer::leave).ifPresent(answer -> {
            dropped.increment();
            Disconnect.now(answer.connection);
        });
        return slowest.isPresent();
    }
}
