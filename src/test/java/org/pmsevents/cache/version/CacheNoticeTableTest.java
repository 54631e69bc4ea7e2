package org.pmsevents.cache.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

@QuarkusTest
class CacheNoticeTableTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @Inject
    CacheNoticeTable table;

    @Inject
    Pool pool;

    private static final class RolledBack extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @Test
    void aNoticeOfATransactionThatThisClusterHasNotHadYetIsLeftOut() {
        var found = new AtomicReference<CacheNoticeTable.Found>();
        Uni<?> work = pool.withTransaction(transaction -> transaction
                .query("INSERT INTO cache_notice (tag, xid) VALUES ('product:COPIED', '4611686018427387904'),"
                        + " ('product:HERE', pg_snapshot_xmin(pg_current_snapshot()))")
                .execute()
                .chain(() -> table.since(transaction, 0))
                .invoke(found::set)
                .<Void>chain(() -> Uni.createFrom().failure(new RolledBack())));
        assertThatThrownBy(() -> work.await().atMost(LIMIT)).isInstanceOf(RolledBack.class);

        assertThat(found.get().notices())
                .extracting(CacheNoticeTable.Notice::tag)
                .doesNotContain("product:COPIED");
    }
}
