package org.pmsevents.cache.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.cache.CacheTag;

/** Each notice is told of once, and read again only while a transaction that commits later may have an earlier one. */
@QuarkusTest
class NoticesTest {

    @Inject
    CacheNoticeTable table;

    @Inject
    Pool pool;

    private final TagVersions versions = new TagVersions();
    private final CacheTag early = CacheTag.product("EARLY-" + UUID.randomUUID());
    private final CacheTag late = CacheTag.product("LATE-" + UUID.randomUUID());
    private Notices notices;
    private SqlConnection connection;

    @BeforeEach
    void open() {
        notices = new Notices(table, pool, versions);
        connection = get(pool.getConnection());
        get(connection.query("BEGIN").execute());
    }

    @AfterEach
    void close() {
        get(connection.query("ROLLBACK").execute());
        get(connection.close());
    }

    private void look(int times) {
        for (int i = 0; i < times; i++) {
            get(notices.look());
        }
    }

    /** Soon: others leave notices, and forget some, at any time. */
    private void nothingIsReadAgain() {
        await("nothing is read again").until(() -> {
            look(1);
            return notices.readAgain() == 0;
        });
    }

    private void leaveLate() {
        get(pool.withTransaction(transaction -> notices.leave(transaction, List.of(late))));
    }

    @Test
    void anOldTransactionThatLeavesNoNoticeHasNothingReadAgain() {
        get(connection.query("SELECT pg_current_xact_id()").execute());
        leaveLate();
        long since = System.nanoTime();
        look(1);
        assertThat(versions.isSince(late, since)).as("not told").isFalse();

        nothingIsReadAgain();
        long told = System.nanoTime();
        look(3);
        assertThat(versions.isSince(late, told)).as("told once").isTrue();
    }

    @Test
    void aNoticeThatIsCommittedAfterLaterOnesIsToldOf() {
        get(notices.leave(connection, List.of(early)));
        leaveLate();
        long since = System.nanoTime();
        look(6);
        assertThat(versions.isSince(late, since)).isFalse();
        assertThat(versions.isSince(early, since)).as("told before its commit").isTrue();

        long told = System.nanoTime();
        get(connection.query("COMMIT").execute());
        get(connection.query("BEGIN").execute());
        look(1);
        assertThat(versions.isSince(early, told)).as("missed").isFalse();
        assertThat(versions.isSince(late, told)).as("told once").isTrue();
        nothingIsReadAgain();
    }

    @Test
    void whatThisReplicaHasToldOfItselfIsNotToldAgain() {
        get(connection.query("SELECT pg_current_xact_id()").execute());
        long xid = get(pool.withTransaction(transaction -> notices.leave(transaction, List.of(late))));
        notices.committed(late, xid);
        long told = System.nanoTime();
        look(7);
        assertThat(versions.isSince(late, told)).isTrue();
        nothingIsReadAgain();
    }

    @Test
    void anotherEpochIsToldOfAllThatIsThere() {
        leaveLate();
        look(1);
        notices.forget();

        long told = System.nanoTime();
        look(1);
        assertThat(versions.isSince(late, told)).as("told").isFalse();
    }
}
