package org.pmsevents.devservices;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
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
