package org.pmsevents.dev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/**
 * Fails as soon as the hook that starts our PostgreSQL and Redis stops working, for Quarkus does not document it.
 *
 * <p>A {@code @QuarkusTest} gets the servers' addresses like any other setting, as here.
 */
@QuarkusTest
class EmbeddedServersTest {
    @Inject
    Pool database;

    @Inject
    RedisDataSource redis;

    @ConfigProperty(name = "quarkus.datasource.reactive.url")
    String databaseUrl;

    @ConfigProperty(name = "quarkus.redis.hosts")
    String redisHosts;

    @Test
    void postgresAnswersAndIsDurable() {
        assertThat(ask("SELECT version()")).startsWith("PostgreSQL ");
        assertThat(ask("SHOW fsync")).isEqualTo("on");
        assertThat(ask("SHOW synchronous_commit")).isEqualTo("on");
    }

    @Test
    void serversListenOnLoopbackOnly() throws SocketException {
        assumeTrue(embedded(), "the servers are ours");
        int postgres = URI.create(databaseUrl).getPort();
        int redisPort = URI.create(redisHosts).getPort();
        assertThat(ask("SHOW listen_addresses")).isEqualTo("127.0.0.1");
        assertThat(accepts(InetAddress.getLoopbackAddress(), postgres)).isTrue();
        assertThat(accepts(InetAddress.getLoopbackAddress(), redisPort)).isTrue();
        for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
            if (!network.isLoopback()) {
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    assertThat(accepts(address, postgres)).as("%s", address).isFalse();
                    assertThat(accepts(address, redisPort)).as("%s", address).isFalse();
                }
            }
        }
    }

    /** Servers of one's own may listen where they like. */
    private static boolean embedded() {
        return System.getenv("QUARKUS_DATASOURCE_REACTIVE_URL") == null && System.getenv("QUARKUS_REDIS_HOSTS") == null;
    }

    private static boolean accepts(InetAddress address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void redisAnswers() {
        assertThat(redis.execute("PING").toString()).isEqualTo("PONG");
    }

    private String ask(String sql) {
        return database.query(sql)
                .execute()
                .map(rows -> rows.iterator().next().getString(0))
                .await()
                .atMost(Duration.ofSeconds(10));
    }
}
