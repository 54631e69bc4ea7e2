package org.pmsevents.cluster;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stands before a real Redis and, where told to, loses published messages and lets them overtake each other; replies pass untouched. */
final class RedisProxy extends TcpProxy {
    private final Random random = new Random(4711);
    final AtomicInteger lost = new AtomicInteger();
    final AtomicInteger overtaken = new AtomicInteger();
    private volatile int losesOneIn;
    private volatile int swapsOneIn;

    RedisProxy(URI target) {
        super(target);
    }

    /** 0 loses, or swaps, none. */
    void spoil(int losesOneIn, int swapsOneIn) {
        this.losesOneIn = losesOneIn;
        this.swapsOneIn = swapsOneIn;
    }

    @Override
    Passage passage() {
        return new Passage() {
            @Override
            void serverToClient(InputStream server, OutputStream client) throws IOException {
                passReplies(server, client);
            }
        };
    }

    private void passReplies(InputStream server, OutputStream client) throws IOException {
        var in = new BufferedInputStream(server, 1 << 16);
        byte @Nullable [] held = null;
        while (true) {
            var reply = new ByteArrayOutputStream();
            copyReply(in, reply);
            var bytes = reply.toByteArray();
            waitWhileStalled();
            boolean message = isFeedMessage(bytes);
            if (message && oneIn(losesOneIn)) {
                lost.incrementAndGet();
                continue;
            }
            if (message && held == null && oneIn(swapsOneIn)) {
                held = bytes;
                continue;
            }
            client.write(bytes);
            if (held != null) {
                overtaken.incrementAndGet();
                client.write(held);
                held = null;
            }
            client.flush();
        }
    }

    private boolean oneIn(int n) {
        return n > 0 && random.nextInt(n) == 0;
    }

    private static boolean isFeedMessage(byte[] reply) {
        var start = new String(reply, 0, Math.min(reply.length, 200), StandardCharsets.UTF_8);
        return start.contains("message\r\n") && start.contains("feed ");
    }

    /** Copies one reply of the Redis protocol, with all that it holds. */
    static void copyReply(InputStream in, ByteArrayOutputStream out) throws IOException {
        var line = copyLine(in, out);
        int length;
        switch (line.charAt(0)) {
            case '$', '=', '!' -> {
                length = Integer.parseInt(line.substring(1));
                for (int i = 0; length >= 0 && i < length + 2; i++) {
                    out.write(read(in));
                }
            }
            case '*', '>', '~' -> {
                length = Integer.parseInt(line.substring(1));
                for (int i = 0; i < length; i++) {
                    copyReply(in, out);
                }
            }
            case '%', '|' -> {
                length = 2 * Integer.parseInt(line.substring(1));
                for (int i = 0; i < length; i++) {
                    copyReply(in, out);
                }
            }
            default -> {}
        }
    }

    private static String copyLine(InputStream in, ByteArrayOutputStream out) throws IOException {
        var line = new StringBuilder();
        int c = read(in);
        while (c != '\r') {
            line.append((char) c);
            out.write(c);
            c = read(in);
        }
        out.write(c);
        out.write(read(in));
        return line.toString();
    }

    private static int read(InputStream in) throws IOException {
        int c = in.read();
        if (c < 0) {
            throw new EOFException();
        }
        return c;
    }
}
