package org.pmsevents.cache.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
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
                .chain(() -> table.after(transaction, 0))
                .invoke(found::set)
                .<Void>chain(() -> Uni.createFrom().failure(new RolledBack())));
        assertThatThrownBy(() -> work.await().atMost(LIMIT)).isInstanceOf(RolledBack.class);

        assertThat(found.get().notices())
                .extracting(CacheNoticeTable.Notice::tag)
                .doesNotContain("product:COPIED");
    }

    /** A replica that starts reads all that are stored, in portions, also of one transaction that left more than a portion. */
    @Test
    void manyNoticesComeInPortionsAndNoneIsLeftOut() {
        var tags = new HashSet<String>();
        var portions = new AtomicInteger();
        Uni<?> work = pool.withTransaction(transaction -> transaction
                .query("INSERT INTO cache_notice (tag, xid) SELECT 'product:MANY-' || n, (3 + n / 50000)::text::xid8"
                        + " FROM generate_series(0, 119999) AS n")
                .execute()
                .chain(() -> readAll(transaction, 0, tags, portions))
                .<Void>chain(() -> Uni.createFrom().failure(new RolledBack())));
        assertThatThrownBy(() -> work.await().atMost(LIMIT)).isInstanceOf(RolledBack.class);

        assertThat(tags).hasSize(120_000);
        assertThat(portions).hasValue(7);
    }

    private Uni<Void> readAll(SqlClient client, long from, Set<String> tags, AtomicInteger portions) {
        return table.after(client, from).chain(found -> {
            portions.incrementAndGet();
            found.notices().stream()
                    .map(CacheNoticeTable.Notice::tag)
                    .filter(tag -> tag.startsWith("product:MANY-"))
                    .forEach(tags::add);
            return found.isAll() ? Uni.createFrom().voidItem() : readAll(client, found.last(), tags, portions);
        });
    }
}
