package org.pmsevents.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;

/** Stands before a real PostgreSQL and can cut a connection right after a commit has been sent, before its answer is seen. */
final class PostgresProxy extends TcpProxy {
    private static final URI NOWHERE = URI.create("postgresql://127.0.0.1:1");

    private final URI server;
    private final AtomicReference<String> marker = new AtomicReference<>("");

    PostgresProxy(URI server) {
        super(server);
        this.server = server;
    }

    /** The commit of the next transaction that writes this text reaches the server, its answer reaches nobody. */
    void cutAtCommitOf(String text) {
        marker.set(text);
    }

    /** From now on as if nobody were there. */
    void takeAway() {
        leadTo(NOWHERE);
    }

    void bringBack() {
        leadTo(server);
    }

    @Override
    void clientToServer(InputStream client, OutputStream toServer) throws IOException {
        var buffer = new byte[1 << 16];
        boolean marked = false;
        for (int read = client.read(buffer); read >= 0; read = client.read(buffer)) {
            waitWhileStalled();
            toServer.write(buffer, 0, read);
            var text = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
            var wanted = marker.get();
            if (!wanted.isEmpty() && text.contains(wanted) && marker.compareAndSet(wanted, "")) {
                marked = true;
            }
            if (marked && text.contains("COMMIT\0")) {
                throw new IOException("cut after the commit");
            }
        }
    }
}
