package org.pmsevents.platform.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.pgclient.PgException;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.pmsevents.platform.problem.AppException;

/** What reads may take from writes. */
@QuarkusTest
class ReadsTest {
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final int SEARCHES = 32;

    private final String mark = "reads_" + UUID.randomUUID().toString().replace('-', '_');

    @Inject
    Reads reads;

    @Inject
    Transactions transactions;

    @Inject
    BoundedPool bounds;

    @Inject
    Pool pool;

    private Uni<Integer> slow(SqlClient client) {
        return client.query("SELECT pg_sleep(600) AS " + mark).execute().map(rows -> rows.size());
    }

    private long running() {
        return get(pool.query(
                                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600) AS "
                                        + mark + "' AND pid <> pg_backend_pid()")
                        .execute())
                .iterator()
                .next()
                .getLong(0);
    }

    @Test
    void aReadThatNobodyWaitsForEndsInTheDatabase() {
        var read = reads.search(LONG, this::slow).subscribe().with(found -> {}, failure -> {});
        await().until(() -> running() == 1);
        read.cancel();
        await().until(() -> running() == 0);
        int rows = get(reads.search(client -> client.query("SELECT 1").execute().map(found -> found.size())));
        assertThat(rows).as("the connection is of use afterwards").isEqualTo(1);
    }

    @Test
    void theDatabaseEndsAReadThatTakesTooLong() {
        assertThatThrownBy(() -> get(reads.search(Duration.ofMillis(50), this::slow)))
                .isInstanceOfSatisfying(
                        PgException.class,
                        failure -> assertThat(failure.getSqlState()).isEqualTo("57014"));
    }

    @Test
    void searchesLeaveTheConnectionsToWrites() {
        int share = bounds.maxSize() / 8;
        var refused = new AtomicInteger();
        var begun = new ArrayList<Cancellable>();
        for (int i = 0; i < SEARCHES; i++) {
            begun.add(reads.search(LONG, this::slow).subscribe().with(found -> {}, failure -> {
                if (failure instanceof AppException too && "too-busy".equals(too.code())) {
                    refused.incrementAndGet();
                }
            }));
        }
        try {
            await().until(() -> running() == share);
            for (int i = 0; i < SEARCHES; i++) {
                get(transactions.run(client -> client.query("SELECT 1").execute()));
                get(reads.list(client -> client.query("SELECT 1").execute()));
            }
            assertThat(running()).isLessThanOrEqualTo(share);
            await().until(() -> refused.get() == SEARCHES - share);
        } finally {
            begun.forEach(Cancellable::cancel);
        }
        await().until(() -> running() == 0);
    }
}
