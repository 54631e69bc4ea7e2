package org.pmsevents.http.limits;

import io.netty.channel.Channel;
import io.netty.channel.nio.AbstractNioChannel.NioUnsafe;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.util.concurrent.TimeUnit;

/**
 * Closes a socket that listens, and accepts first whoever is connected to it already. When such a socket is closed, the system resets the
 * connections that it has established and nobody has accepted, with the requests that were sent on them. A selector closes what it watches
 * some time later, so the socket leaves the selector first: then nothing but two system calls is between the last accepted connection
 * and the end.
 */
final class StopListening {
    private final Channel listener;
    private final ServerSocketChannel socket;
    private final Promise<Void> stopped;

    private StopListening(Channel listener, ServerSocketChannel socket) {
        this.listener = listener;
        this.socket = socket;
        this.stopped = listener.eventLoop().newPromise();
    }

    /** Returns what is done when the system refuses connections. May be called more than once. */
    static Future<?> at(Channel listener) {
        if (listener.unsafe() instanceof NioUnsafe nio && nio.ch() instanceof ServerSocketChannel socket) {
            var stop = new StopListening(listener, socket);
            var unused = listener.deregister().addListener(left -> stop.acceptAndClose());
            return stop.stopped;
        }
        return listener.close();
    }

    private void acceptAndClose() {
        if (socket.isRegistered()) {
            // until the selector looks again; the loop first runs all tasks that are not for later
            var unused = listener.eventLoop().schedule(this::acceptAndClose, 1, TimeUnit.MILLISECONDS);
            return;
        }
        try {
            for (var client = socket.accept(); client != null; client = socket.accept()) {
                listener.pipeline().fireChannelRead(new NioSocketChannel(listener, client));
            }
            socket.close();
        } catch (IOException e) {
            // it was closed before, or there are no file descriptors left: it is closed below
        }
        var unused = listener.close().addListener(closed -> stopped.setSuccess(null));
    }
}
