package org.pmsevents.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Stands before a real PostgreSQL and can cut a connection at the worst moments of what is sent over it. */
public final class PostgresProxy extends TcpProxy {
    private static final URI NOWHERE = URI.create("postgresql://127.0.0.1:1");

    private volatile URI server;
    private final AtomicReference<@Nullable Order> order = new AtomicReference<>();
    private final AtomicInteger counted = new AtomicInteger();
    private volatile @Nullable String countedText;
    private final BlockingQueue<CutPassage> delayed = new LinkedBlockingQueue<>();

    /** When, seen from what carries the text that was asked for. */
    public enum Cut {
        /** It never reaches the server. */
        BEFORE,
        /** It has reached the server, which is still busy with it. */
        BUSY,
        /** It reaches the server long afterwards, when {@link #deliverDelayed} is called. */
        DELAYED,
        /** The server is done with it, nobody learns of it. */
        UNANSWERED,
        /** Half of the answer arrives. */
        HALF_ANSWERED,
        /** The commit of the transaction that it belongs to has reached the server. */
        AT_COMMIT
    }

    private record Order(Cut cut, String text) {}

    PostgresProxy(URI server) {
        super(server);
        this.server = server;
    }

    /** The commit of the next transaction that writes this text reaches the server, its answer reaches nobody. */
    void cutAtCommitOf(String text) {
        cutAt(Cut.AT_COMMIT, text);
    }

    /** Counts from now on how often this text is sent as the whole of a parameter. */
    void count(String text) {
        counted.set(0);
        countedText = "\0\0\0" + (char) text.length() + text;
    }

    int counted() {
        return counted.get();
    }

    private void countIn(String text) {
        var wanted = countedText;
        for (int at = wanted == null ? -1 : text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
            counted.incrementAndGet();
        }
    }

    /** Cuts the next connection over which this text is sent, as a parameter or in a statement. */
    public void cutAt(Cut cut, String text) {
        order.set(new Order(cut, text));
    }

    /** Whether the text that was last asked for has not been sent yet. */
    public boolean isWaitingToCut() {
        return order.get() != null;
    }

    /** Lets what was delayed reach the server, and waits until the server is done with it. */
    public void deliverDelayed() throws InterruptedException {
        var passage = delayed.poll(10, TimeUnit.SECONDS);
        if (passage == null) {
            throw new IllegalStateException("nothing is delayed");
        }
        passage.delivery.countDown();
        if (!passage.answer.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the server does not answer what was delayed");
        }
    }

    /** From now on as if nobody were there. */
    public void takeAway() {
        leadTo(NOWHERE);
    }

    public void bringBack() {
        leadTo(server);
    }

    void moveTo(URI server) {
        this.server = server;
        leadTo(server);
    }

    @Override
    Passage passage() {
        return new CutPassage();
    }

    private final class CutPassage extends Passage {
        private final CountDownLatch delivery = new CountDownLatch(1);
        private final CountDownLatch answer = new CountDownLatch(1);
        private volatile @Nullable Cut cut;
        private volatile boolean isCommitting;

        @Override
        void clientToServer(InputStream client, OutputStream toServer) throws IOException {
            var buffer = new byte[1 << 16];
            for (int read = client.read(buffer); read >= 0; read = client.read(buffer)) {
                waitWhileStalled();
                var text = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
                take(text);
                countIn(text);
                if (cut == Cut.BEFORE) {
                    throw new IOException("cut before it was sent");
                }
                if (cut == Cut.DELAYED) {
                    client.close();
                    delayed.add(this);
                    await(delivery);
                }
                if (cut == Cut.AT_COMMIT && text.contains("COMMIT\0")) {
                    isCommitting = true;
                }
                toServer.write(buffer, 0, read);
                if (cut == Cut.DELAYED) {
                    await(answer);
                    throw new IOException("cut long ago");
                }
                if (cut == Cut.BUSY) {
                    throw new IOException("cut before it was answered");
                }
            }
        }

        private void take(String text) {
            var wanted = order.get();
            if (wanted != null && text.contains(wanted.text) && order.compareAndSet(wanted, null)) {
                cut = wanted.cut;
            }
        }

        @Override
        void serverToClient(InputStream fromServer, OutputStream client) throws IOException {
            var buffer = new byte[1 << 16];
            for (int read = fromServer.read(buffer); read >= 0; read = fromServer.read(buffer)) {
                waitWhileStalled();
                if (cut == Cut.DELAYED) {
                    answer.countDown();
                }
                // A server that is cut off in the middle may give up before it comes to the commit.
                if (isCommitting) {
                    var text = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
                    if (text.contains("COMMIT\0") || text.contains("ROLLBACK\0")) {
                        throw new IOException("cut before it was answered");
                    }
                    continue;
                }
                if (cut == Cut.UNANSWERED || cut == Cut.DELAYED) {
                    throw new IOException("cut before the answer");
                }
                if (cut == Cut.HALF_ANSWERED) {
                    client.write(buffer, 0, read / 2);
                    throw new IOException("cut within the answer");
                }
                client.write(buffer, 0, read);
            }
        }
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
