package org.pmsevents.inventory.level;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.inventory.Stock;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockTable;
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.database.Transactions;

/** Levels of their own beside the service's, to have Redis emptied at a chosen moment: after two of at least four pages were written. */
@QuarkusTest
class StockLevelsTest {
    private static final int PAGES = 2;

    private static final String EMPTY = """
            for i, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end
            """;

    private final String prefix = "levels-" + UUID.randomUUID();
    private final String sku = "0000-" + Client.newSku("LOST") + "-";
    private final List<String> skus =
            IntStream.range(100, 900).mapToObj(n -> sku + n).toList();

    @Inject
    Redis redis;

    @Inject
    Transactions transactions;

    @Inject
    Feed feed;

    /** Stock that is read page by page; Redis is emptied before the third page is read for the first time. */
    private final class Interrupted extends StockTable {
        private final AtomicInteger read = new AtomicInteger();
        private final boolean fails;

        Interrupted(boolean fails) {
            this.fails = fails;
        }

        @Override
        public Uni<List<Stock>> list(
                SqlClient client, @Nullable StockKey after, @Nullable String location, boolean low, int limit) {
            var page = super.list(client, after, location, low, limit);
            return read.getAndIncrement() == PAGES
                    ? empty().onItem()
                            .transformToUni(emptied -> fails
                                    ? Uni.createFrom().failure(new IllegalStateException("the page can't be read"))
                                    : page)
                    : page;
        }
    }

    private Uni<Response> empty() {
        return redis.send(Request.cmd(Command.EVAL).arg(EMPTY).arg("0").arg(prefix + ":*"));
    }

    private boolean exists(String name) {
        return get(redis.send(Request.cmd(Command.EXISTS).arg(prefix + ":stock:" + name)))
                        .toInteger()
                > 0;
    }

    private void execute(String sql) {
        get(transactions.run(client -> client.preparedQuery(sql).execute(Tuple.of(skus.toArray(String[]::new)))));
    }

    @BeforeEach
    void createStock() {
        await().until(() -> !feed.id().isEmpty());
        execute("""
                WITH products AS (
                  INSERT INTO product SELECT sku, 'Many', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL FROM unnest($1::text[]) AS sku)
                INSERT INTO stock (sku, location, on_hand) SELECT sku, 'main', 3 FROM unnest($1::text[]) AS sku
                """);
    }

    /** Others list all stock. */
    @AfterEach
    void deleteStock() {
        execute("WITH stocks AS (DELETE FROM stock WHERE sku = ANY($1)) DELETE FROM product WHERE sku = ANY($1)");
        get(empty());
    }

    @Test
    void levelsThatRedisLosesWhileTheyAreWrittenAreWrittenAnew() {
        areAllWritten(new Interrupted(false));
    }

    @Test
    void levelsThatRedisLosesWhileAPageCantBeWrittenAreWrittenAnew() {
        areAllWritten(new Interrupted(true));
    }

    /** Redis must not be taken for complete without the levels of the first two pages. */
    private void areAllWritten(Interrupted stock) {
        RedisConfig config = () -> prefix;
        var levels = new StockLevels(new StockLevelGateway(redis, config), stock, transactions, feed);
        await("complete").until(() -> {
            get(levels.goRound().onFailure().recoverWithNull());
            return exists("{/}complete");
        });
        assertThat(stock.read.get())
                .as("pages read, of which the last found Redis emptied")
                .isGreaterThan(PAGES);
        assertThat(skus).allMatch(this::exists);
    }
}
