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
 * The bounded queue of frames to one client, in order. Little of it is written to the socket at a time, because the socket holds a copy,
 * while the frames here are shared by all clients. Any thread may use it. Only the sender's thread writes to the socket, because writes of
 * different threads could overtake each other.
 */
final class OutgoingFrames {
    /** How many characters may be in the socket. */
    private static final int WINDOW = 256 * 1024;

    /** Below how many characters in the queue a subscriber that catches up gets more; what it has left is not counted by anybody. */
    private static final int REST = 16 * 1024;

    private final WebSocketConnection connection;
    private final boolean batched;
    private final long bound;
    private final Runnable tooSlow;
    private final Executor sender;
    private final LongAdder written;

    private final Queue<Frame> waiting = new ArrayDeque<>();
    private long queued;
    private long inSocket;
    private long framesSent;
    private long framesSentBefore = -1;
    private boolean pumping;
    private boolean closed;
    private @Nullable CompletableFuture<Void> drained;

    /**
     * @param batched whether queued frames may be joined to JSON arrays
     * @param bound how many characters may be queued. A client with at most one window in its queue accepts any number
     * @param written counts the frames of all clients
     * @param sender runs the writes to the socket, always on the same thread: the one that calls {@link #send}
     * @param tooSlow called, perhaps repeatedly, when the queue would exceed the bound
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

    /** Completes once nearly all of the queue has been taken by the socket. */
    synchronized Uni<Void> ready() {
        if (closed || queued <= REST) {
            return Uni.createFrom().voidItem();
        }
        if (drained == null) {
            drained = new CompletableFuture<>();
        }
        return Uni.createFrom().completionStage(drained);
    }

    /** How many characters are queued, here or in the socket. */
    synchronized long queued() {
        return queued;
    }

    /** Whether no frame has been sent since the previous call, although frames were queued at both. */
    synchronized boolean stalled() {
        boolean stalled = queued > 0 && framesSent == framesSentBefore;
        framesSentBefore = queued > 0 ? framesSent : -1;
        return stalled;
    }

    /** Drops the queued frames and sends a close frame. */
    void close(int code, String reason) {
        drop();
        if (connection.isOpen()) {
            connection.close(new CloseReason(code, reason)).subscribe().with(sent -> {}, failure -> {});
        }
    }

    synchronized void drop() {
        closed = true;
        waiting.clear();
        queued = inSocket;
        signalDrained();
    }

    /** Not reentrant: a write that completes at once calls this again, and the running loop continues then. */
    private void pump() {
        if (pumping) {
            return;
        }
        pumping = true;
        while (inSocket < WINDOW && !waiting.isEmpty()) {
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
        inSocket += taken;
        written.increment();
        connection.sendText(text).subscribe().with(sent -> onSent(taken), failure -> onSendFailure(taken));
    }

    private boolean fits(long size) {
        var next = waiting.peek();
        return next != null && Frame.fits(size, next.length());
    }

    private synchronized void onSent(long size) {
        inSocket -= size;
        queued -= size;
        framesSent++;
        if (!waiting.isEmpty()) {
            sender.execute(this::pumpOnSender);
        }
        if (queued <= REST) {
            signalDrained();
        }
    }

    /** Closes the connection, because later frames would hide that one is missing. The client resumes. */
    private void onSendFailure(long size) {
        onSent(size);
        close(LiveProtocol.INTERNAL_ERROR, "a frame was not written");
    }

    private synchronized void pumpOnSender() {
        pump();
    }

    private void signalDrained() {
        if (drained != null) {
            drained.complete(null);
            drained = null;
        }
    }
}
