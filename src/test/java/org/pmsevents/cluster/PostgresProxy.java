package org.pmsevents.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;

/** Stands before a real PostgreSQL and can cut a connection right after a commit has been sent, before its answer is seen. */
final class PostgresProxy extends TcpProxy {
    private static final URI NOWHERE = URI.create("postgresql://127.0.0.1:1");

    private final URI server;
    private final AtomicBoolean cutAtCommit = new AtomicBoolean();

    PostgresProxy(URI server) {
        super(server);
        this.server = server;
    }

    /** The next commit reaches the server, its answer reaches nobody. */
    void cutAtNextCommit() {
        cutAtCommit.set(true);
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
        for (int read = client.read(buffer); read >= 0; read = client.read(buffer)) {
            boolean commit = new String(buffer, 0, read, StandardCharsets.ISO_8859_1).contains("COMMIT\0");
            toServer.write(buffer, 0, read);
            if (commit && cutAtCommit.compareAndSet(true, false)) {
                throw new IOException("cut after a commit");
            }
        }
    }
}
