package org.pmsevents.delivery.websocket;

import io.quarkus.websockets.next.CloseReason;
import io.quarkus.websockets.next.WebSocketConnection;
import io.smallrye.mutiny.Uni;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way to one client, in order and bounded. Only a little of it is given to the socket at a time, because what is
 * there is a copy, while what waits here is shared by all clients. May be used on any thread; the socket is written to by one only,
 * the sender's, because writes of different threads may overtake each other.
 */
final class OutgoingFrames {
    /** How much the socket is given at a time, and how much may be left when more is asked for. */
    private static final int WINDOW = 256 * 1024;

    private final WebSocketConnection connection;
    private final boolean batched;
    private final long bound;
    private final Runnable tooSlow;
    private final Executor sender;
    private final LongAdder written;

    private final Queue<Frame> waiting = new ArrayDeque<>();
    private long queued;
    private long underWay;
    private long passed;
    private long passedBefore = -1;
    private boolean pumping;
    private boolean closed;
    private @Nullable CompletableFuture<Void> room;

    /**
     * @param batched whether what waits may be joined to JSON arrays
     * @param bound how many characters may wait; what comes at once to a client that has nothing waiting is taken whole
     * @param written counts the frames of all clients
     * @param sender runs what writes to the socket, always on the same thread: the one that calls {@link #send}
     * @param tooSlow called, perhaps repeatedly, when more would wait
     */
    OutgoingFrames(
            WebSocketConnection connection,
            boolean batched,
            long bound,
            Runnable tooSlow,
            Executor sender,
            LongAdder written) {
        this.connection = connection;
        this.batched = batched;
        this.bound = bound;
        this.tooSlow = tooSlow;
        this.sender = sender;
        this.written = written;
    }

    void send(String message) {
        send(List.of(Frame.of(message)));
    }

    void send(LivePayload.Part events) {
        send(batched ? events.joined() : events.single());
    }

    private void send(List<Frame> frames) {
        if (!accept(frames)) {
            tooSlow.run();
        }
    }

    private synchronized boolean accept(List<Frame> frames) {
        if (closed) {
            return true;
        }
        long size = frames.stream().mapToLong(Frame::length).sum();
        if (queued > WINDOW && queued + size > bound) {
            return false;
        }
        waiting.addAll(frames);
        queued += size;
        pump();
        return true;
    }

    /** Completes once little enough waits that more may come. */
    synchronized Uni<Void> ready() {
        if (closed || queued <= WINDOW) {
            return Uni.createFrom().voidItem();
        }
        if (room == null) {
            room = new CompletableFuture<>();
        }
        return Uni.createFrom().completionStage(room);
    }

    /** How many characters wait, here or in the socket. */
    synchronized long queued() {
        return queued;
    }

    /** Whether the client has taken nothing since this was asked before, though something has waited all the time. */
    synchronized boolean stalled() {
        boolean stalled = queued > 0 && passed == passedBefore;
        passedBefore = queued > 0 ? passed : -1;
        return stalled;
    }

    /** Drops what waits and says goodbye. */
    void close(int code, String reason) {
        drop();
        if (connection.isOpen()) {
            connection.close(new CloseReason(code, reason)).subscribe().with(sent -> {}, failure -> {});
        }
    }

    synchronized void drop() {
        closed = true;
        waiting.clear();
        queued = underWay;
        makeRoom();
    }

    /** A write that completes at once calls back into here: the loop that is running already goes on then. */
    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        while (underWay < WINDOW && !waiting.isEmpty()) {
            write();
        }
        pumping = false;
    }

    private void write() {
        var first = waiting.remove();
        long size = first.length();
        var text = first.text();
        if (batched && fits(size)) {
            var array = new StringBuilder("[");
            first.appendTo(array);
            while (fits(size)) {
                var next = waiting.remove();
                array.append(',');
                next.appendTo(array);
                size += next.length();
            }
            text = array.append(']').toString();
        }
        long taken = size;
        underWay += taken;
        written.increment();
        connection.sendText(text).subscribe().with(sent -> left(taken), failure -> notWritten(taken));
    }

    private boolean fits(long size) {
        var next = waiting.peek();
        return next != null && Frame.fits(size, next.length());
    }

    private synchronized void left(long size) {
        underWay -= size;
        queued -= size;
        passed++;
        if (!waiting.isEmpty()) {
            sender.execute(this::goOn);
        }
        if (queued <= WINDOW) {
            makeRoom();
        }
    }

    /** What comes after a frame that was not written would hide that it is missing: the client is to come back instead. */
    private void notWritten(long size) {
        left(size);
        close(LiveProtocol.INTERNAL_ERROR, "a frame was not written");
    }

    private synchronized void goOn() {
        pump();
    }

    private void makeRoom() {
        if (room != null) {
            room.complete(null);
            room = null;
        }
    }
}
