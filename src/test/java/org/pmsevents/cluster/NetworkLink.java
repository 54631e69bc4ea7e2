package org.pmsevents.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The network between one replica and one server, which can be slow, or let nothing through one way or both ways. What is held up then
 * passes once the link is whole again, as TCP sends it again. Connections stay open, as they do when a cable is pulled.
 */
public final class NetworkLink extends TcpProxy {
    private boolean toServerCut;
    private boolean toClientCut;
    private volatile long delayNanos;

    public NetworkLink(URI target) {
        super(target);
    }

    public URI address() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /** The same URL by way of this link. */
    public String through(String url) {
        var direct = URI.create(url);
        return url.replace(direct.getHost() + ":" + direct.getPort(), "127.0.0.1:" + port());
    }

    /** Nothing passes in the ways named. */
    public synchronized void cutWays(boolean toServer, boolean toClient) {
        toServerCut = toServer;
        toClientCut = toClient;
    }

    /** Each piece of data takes so much longer. */
    public void delay(Duration delay) {
        delayNanos = delay.toNanos();
    }

    public synchronized void mend() {
        toServerCut = false;
        toClientCut = false;
        delayNanos = 0;
        notifyAll();
    }

    @Override
    Passage passage() {
        return new Passage() {
            @Override
            void clientToServer(InputStream client, OutputStream server) throws IOException {
                pass(client, server, true);
            }

            @Override
            void serverToClient(InputStream server, OutputStream client) throws IOException {
                pass(server, client, false);
            }
        };
    }

    private void pass(InputStream from, OutputStream to, boolean toServer) throws IOException {
        var buffer = new byte[1 << 16];
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            LockSupport.parkNanos(delayNanos);
            waitWhileCut(toServer);
            to.write(buffer, 0, read);
        }
    }

    private synchronized void waitWhileCut(boolean toServer) throws IOException {
        try {
            while (toServer ? toServerCut : toClientCut) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
