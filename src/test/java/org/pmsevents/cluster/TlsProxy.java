package org.pmsevents.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/** Stands before a server that speaks no TLS, and speaks it to the clients; counts those who took the certificate and those who did not. */
final class TlsProxy implements AutoCloseable {
    private final SSLServerSocket listener;
    private final URI target;
    final AtomicInteger accepted = new AtomicInteger();
    final AtomicInteger refused = new AtomicInteger();

    TlsProxy(Certificates certificates, URI target) throws IOException, GeneralSecurityException {
        this.target = target;
        this.listener = (SSLServerSocket) certificates
                .context()
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        begin(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var client = (SSLSocket) listener.accept();
                begin(() -> join(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void join(SSLSocket client) {
        try (client;
                var server = new Socket(target.getHost(), target.getPort())) {
            client.startHandshake();
            // with TLS 1.3 a client says only after the handshake that it does not take the certificate
            int first = client.getInputStream().read();
            if (first < 0) {
                throw new SocketException("gone after the handshake");
            }
            accepted.incrementAndGet();
            server.getOutputStream().write(first);
            begin(() -> pass(server, client));
            pass(client, server);
        } catch (IOException e) {
            refused.incrementAndGet();
        }
    }

    private static void pass(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var buffer = new byte[1 << 16];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
            }
        } catch (IOException e) {
            // closed by either side
        }
    }

    private static void begin(Runnable work) {
        var thread = new Thread(work, "TLS proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
