package org.pmsevents.delivery.webhook;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Resolves the names of receivers as the machine does, the hosts file included, on threads of its own: it blocks, for as long as a name server
 * does not answer. A name is asked for once at a time, so that one that hangs takes one thread.
 */
final class HostNames {
    private static final int THREADS = 4;
    private static final int MOST_WAITING = 256;
    private static final int IDLE_SECONDS = 30;

    private final Vertx vertx;
    private final ThreadPoolExecutor threads;
    private final ConcurrentHashMap<String, CompletableFuture<List<InetAddress>>> asked = new ConcurrentHashMap<>();

    HostNames(Vertx vertx) {
        this.vertx = vertx;
        this.threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), work -> {
                    var thread = new Thread(work, "receiver-names");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    /** All addresses of a name. Completes on the context of the caller. */
    Future<List<InetAddress>> resolve(String host) {
        return Future.fromCompletionStage(ask(host), vertx.getOrCreateContext());
    }

    private CompletableFuture<List<InetAddress>> ask(String host) {
        var mine = new CompletableFuture<List<InetAddress>>();
        var before = asked.putIfAbsent(host, mine);
        if (before != null) {
            return before;
        }
        try {
            threads.execute(() -> look(host, mine));
        } catch (RejectedExecutionException e) {
            asked.remove(host, mine);
            mine.completeExceptionally(new IllegalStateException("too many names are being resolved", e));
        }
        return mine;
    }

    private void look(String host, CompletableFuture<List<InetAddress>> mine) {
        try {
            var found = List.of(InetAddress.getAllByName(host));
            asked.remove(host, mine);
            mine.complete(found);
        } catch (UnknownHostException | RuntimeException e) {
            asked.remove(host, mine);
            mine.completeExceptionally(e);
        }
    }

    void close() {
        threads.shutdownNow();
    }
}
