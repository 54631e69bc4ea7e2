package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.idempotency.IdempotencyKeys;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.transfer.file.Columns;
import org.pmsevents.transfer.file.ImportOptions;
import org.pmsevents.transfer.file.SenderText;

/**
 * Reads the body of a request and stores it in parts. While a part is being stored nothing more is read from the connection, so that a
 * fast sender waits for the database and not in memory. The text and the first line are looked at as they arrive: what can't be imported
 * is refused before the rest of it is sent. Runs on the event loop of the request.
 */
final class Upload {
    /** How many bytes a part has, except the last one. */
    static final int PART = 256 * 1024;

    /** How many bytes a file may have. */
    static final long LONGEST = 256L * 1024 * 1024;

    private static final int LONGEST_HEADER = 64 * 1024;
    private static final String EXPECTED = "100-continue";
    private static final long LOOK_MILLIS = 1_000;

    /** Whoever sends a little now and then keeps others out for no longer than this. */
    private static final Duration LONGEST_TIME = Duration.ofHours(1);

    /** Where the text goes. */
    interface Store {
        Uni<Void> store(int part, byte[] content);
    }

    /**
     * What has arrived.
     *
     * @param columns null for NDJSON
     * @param bytes of the text as it is stored
     * @param digest of the body as it was sent
     */
    record Received(String coding, @Nullable Columns columns, long bytes, Buffer digest) {
        long begin() {
            return columns == null ? 0 : columns.end();
        }

        long line() {
            return columns == null ? 1 : columns.nextLine();
        }
    }

    private final HttpServerRequest request;
    private final Context context;
    private final SenderText text;
    private final ImportOptions options;
    private final Duration longestPause;
    private final Store store;

    private final Queue<byte[]> ready = new ArrayDeque<>();
    private final ByteArrayOutputStream head = new ByteArrayOutputStream();
    private final byte[] part = new byte[PART];
    private final MessageDigest digest = IdempotencyKeys.ofStream();
    private int filled;
    private int stored;
    private long arrived;
    private long bytes;
    private @Nullable Columns columns;
    private boolean storing;
    private boolean ended;
    private boolean done;
    private long begunAt = System.nanoTime();
    private long lastAt = begunAt;
    private long timer;

    /** @param longestPause how long nothing may arrive */
    Upload(
            HttpServerRequest request,
            Context context,
            SenderText text,
            ImportOptions options,
            Duration longestPause,
            Store store) {
        this.request = request;
        this.context = context;
        this.text = text;
        this.options = options;
        this.longestPause = longestPause;
        this.store = store;
    }

    /** @return fails with {@link AppException} 400 {@code import-text} or {@code import-header}, 408, 413, or what storing fails with */
    Uni<Received> run() {
        return Uni.createFrom().emitter(caller -> context.runOnContext(go -> begin(caller)));
    }

    private void begin(UniEmitter<? super Received> caller) {
        if (EXPECTED.equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        begunAt = System.nanoTime();
        lastAt = begunAt;
        caller.onTermination(() -> context.runOnContext(go -> left()));
        timer = context.owner().setPeriodic(LOOK_MILLIS, tick -> context.runOnContext(go -> look(caller)));
        request.exceptionHandler(failure -> fail(caller, failure))
                .endHandler(end -> end(caller))
                .handler(more -> take(caller, more))
                .resume();
    }

    private void look(UniEmitter<? super Received> caller) {
        long now = System.nanoTime();
        if (storing || ended) {
            return;
        }
        if (now - lastAt > longestPause.toNanos()) {
            fail(caller, late("Nothing has arrived for " + longestPause.toSeconds() + " s."));
        } else if (now - begunAt > LONGEST_TIME.toNanos()) {
            fail(caller, late("The file has been arriving for more than an hour."));
        }
    }

    private static AppException late(String detail) {
        return AppException.of(408, "request-timeout", detail + " Send it again.");
    }

    private void take(UniEmitter<? super Received> caller, Buffer more) {
        if (done) {
            return;
        }
        lastAt = System.nanoTime();
        arrived += more.length();
        if (arrived > LONGEST) {
            fail(
                    caller,
                    AppException.of(
                            413,
                            "content-too-large",
                            "A file may have at most " + LONGEST / 1024 / 1024
                                    + " MB. Split it, each part with the first line."));
            return;
        }
        var content = more.getBytes();
        digest.update(content);
        guarded(caller, () -> append(text.next(content, false)));
        pump(caller);
    }

    private void end(UniEmitter<? super Received> caller) {
        if (done) {
            return;
        }
        ended = true;
        guarded(caller, () -> {
            append(text.next(new byte[0], true));
            if (columns == null && !options.json()) {
                columns = Columns.find(head.toByteArray(), true, options);
            }
            if (filled > 0) {
                ready.add(Arrays.copyOf(part, filled));
                filled = 0;
            }
        });
        pump(caller);
    }

    private void append(byte[] more) {
        if (columns == null && !options.json()) {
            head.writeBytes(more);
            columns = Columns.find(head.toByteArray(), false, options);
            if (columns == null && head.size() > LONGEST_HEADER) {
                throw Columns.refused("The first line has more than " + LONGEST_HEADER
                        + " bytes. It must name the columns; is a quote missing in it?");
            }
        }
        bytes += more.length;
        for (int from = 0; from < more.length; ) {
            int taken = Math.min(more.length - from, PART - filled);
            System.arraycopy(more, from, part, filled, taken);
            filled += taken;
            from += taken;
            if (filled == PART) {
                ready.add(part.clone());
                filled = 0;
            }
        }
    }

    private void guarded(UniEmitter<? super Received> caller, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            fail(caller, e);
        }
    }

    private void pump(UniEmitter<? super Received> caller) {
        if (done || storing) {
            return;
        }
        var next = ready.poll();
        if (next != null) {
            storing = true;
            request.pause();
            store.store(stored, next)
                    .subscribe()
                    .with(
                            kept -> context.runOnContext(go -> stored(caller)),
                            failure -> context.runOnContext(go -> fail(caller, failure)));
        } else if (ended) {
            finish();
            caller.complete(new Received(text.coding(), columns, bytes, Buffer.buffer(digest.digest())));
        } else {
            request.resume();
        }
    }

    private void stored(UniEmitter<? super Received> caller) {
        storing = false;
        stored++;
        lastAt = System.nanoTime();
        pump(caller);
    }

    /** What else arrives is dropped: the client may read the answer only when it has sent everything. */
    private void fail(UniEmitter<? super Received> caller, Throwable failure) {
        if (!done) {
            finish();
            ready.clear();
            request.resume();
            caller.fail(failure);
        }
    }

    /** The client has disconnected. */
    private void left() {
        if (!done) {
            finish();
            ready.clear();
        }
    }

    private void finish() {
        done = true;
        context.owner().cancelTimer(timer);
    }
}
