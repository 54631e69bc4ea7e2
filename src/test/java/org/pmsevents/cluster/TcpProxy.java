package org.pmsevents.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between the service and a real server on a port that stays the same while the server behind it is replaced, and can
 * spoil what passes.
 */
class TcpProxy implements AutoCloseable {
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile URI target;
    private boolean stalled;

    TcpProxy(URI target) {
        this.target = target;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        begin("proxy", this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** From now on leads to another server; what is open is cut. */
    void leadTo(URI target) {
        this.target = target;
        cut();
    }

    /** Cuts every connection. */
    void cut() {
        open.forEach(TcpProxy::close);
    }

    /** What passes between one client and the server; to be overridden by who spoils it. */
    class Passage {
        void serverToClient(InputStream server, OutputStream client) throws IOException {
            pass(server, client);
        }

        void clientToServer(InputStream client, OutputStream server) throws IOException {
            pass(client, server);
        }

        private void pass(InputStream from, OutputStream to) throws IOException {
            var buffer = new byte[1 << 16];
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                waitWhileStalled();
                to.write(buffer, 0, read);
            }
        }
    }

    /** For a client that has just connected. */
    Passage passage() {
        return new Passage();
    }

    /** Connections stay open and nothing passes, as with a server that hangs. */
    synchronized void stall() {
        stalled = true;
    }

    synchronized void goOn() {
        stalled = false;
        notifyAll();
    }

    synchronized void waitWhileStalled() throws IOException {
        try {
            while (stalled) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var client = listener.accept();
                open.add(client);
                begin("proxy connection", () -> join(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void join(Socket client) {
        try (client;
                var server = new Socket()) {
            open.add(server);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            var passage = passage();
            server.connect(new InetSocketAddress(target.getHost(), target.getPort()), 2_000);
            begin("proxy back", () -> {
                try {
                    passage.serverToClient(server.getInputStream(), client.getOutputStream());
                } catch (IOException e) {
                    // cut, or closed by either side
                }
                close(client);
                close(server);
            });
            passage.clientToServer(client.getInputStream(), server.getOutputStream());
        } catch (IOException e) {
            // cut, closed by either side, or nobody listens there
        } finally {
            open.removeIf(Socket::isClosed);
        }
    }

    private static void begin(String name, Runnable work) {
        var thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // closed is closed
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            // closed is closed
        }
        cut();
    }
}
