package org.pmsevents.event.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
class OldTransactionsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Inject
    Pool pool;

    @Inject
    OldTransactions old;

    private List<String> find(Duration longest) {
        return old.find(longest).await().atMost(LIMIT);
    }

    @Test
    void theSessionOfAnOpenTransactionIsNamed() {
        var connection = pool.getConnection().await().atMost(LIMIT);
        var transaction = connection.begin().await().atMost(LIMIT);
        try {
            var session = connection
                    .query("SELECT pg_backend_pid(), pg_current_xact_id()::text, current_database()")
                    .execute()
                    .await()
                    .atMost(LIMIT)
                    .iterator()
                    .next();
            var name = "session " + session.getInteger(0) + " of ";

            assertThat(find(Duration.ZERO))
                    .anySatisfy(each -> assertThat(each)
                            .startsWith(name)
                            .contains("in database " + session.getString(2))
                            .matches(".*, since 20[-0-9]{8}T[0-9:]{8}\\.[0-9]{6}Z"));
            assertThat(find(Duration.ofMinutes(10))).noneMatch(each -> each.startsWith(name));
        } finally {
            transaction.rollback().await().atMost(LIMIT);
            connection.close().await().atMost(LIMIT);
        }
    }
}
