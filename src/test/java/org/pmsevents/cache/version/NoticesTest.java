package org.pmsevents.cache.version;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cache.CacheTag;

/** Notices of their own beside the service's, while a transaction is open: all later notices are found at each poll, and told once. */
@QuarkusTest
class NoticesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CacheTag tag = CacheTag.product(Client.newSku("NOTICED"));
    private final TagVersions versions = new TagVersions();
    private Notices notices;
    private SqlConnection open;

    @Inject
    CacheNoticeTable table;

    @Inject
    Pool pool;

    @BeforeEach
    void openTransaction() {
        open = done(pool.getConnection());
        done(open.query("BEGIN").execute());
        done(open.query("SELECT pg_current_xact_id()").execute());
        notices = new Notices(table, pool, versions);
    }

    @AfterEach
    void endTransaction() {
        done(open.query("ROLLBACK").execute());
        done(open.close());
    }

    private static <T> T done(Uni<T> work) {
        return work.await().atMost(PATIENCE);
    }

    private long change() {
        return done(pool.withTransaction(transaction -> notices.leave(transaction, List.of(tag))));
    }

    /** Whether the change is told by a poll that begins now. */
    private boolean isTold() {
        long before = System.nanoTime();
        // on a slow machine PostgreSQL does not answer in time; then it is asked again, as by the next poll
        done(notices.look().onFailure(TimeoutException.class).retry().atMost(5));
        return !versions.isSince(tag, before);
    }

    @Test
    void aNoticeThatEachPollFindsIsToldOnce() {
        assertThat(isTold()).isFalse();
        change();
        assertThat(isTold()).isTrue();
        assertThat(isTold()).as("again").isFalse();
        change();
        assertThat(isTold()).as("another change").isTrue();
        assertThat(isTold()).as("again").isFalse();
        done(open.query("ROLLBACK").execute());
        assertThat(isTold()).as("after the end of the transaction").isFalse();
    }

    @Test
    void aNoticeOfThisReplicaIsNotToldByThePollAgain() {
        long xid = change();
        notices.committed(tag, xid);

        assertThat(isTold()).isFalse();
    }

    @Test
    void anotherEpochIsToldOfAllThatIsThere() {
        change();
        assertThat(isTold()).isTrue();
        notices.forget();

        assertThat(isTold()).isTrue();
        assertThat(isTold()).as("again").isFalse();
    }
}
