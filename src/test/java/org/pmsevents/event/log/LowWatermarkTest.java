package org.pmsevents.event.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.QuickFeed;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;

/** No event is ever left below the low watermark, whatever its transaction does. */
@QuarkusTest
@TestProfile(QuickFeed.class)
class LowWatermarkTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Client editor = Client.editor();

    @Inject
    Pool pool;

    @Inject
    EventPublisher publisher;

    @Inject
    EventTable events;

    @Test
    void anEventWhoseTransactionStaysOpenForManyPollsGetsItsPosition() {
        awaitLowWatermarkAtTheTop();
        long head = editor.head();
        var sku = Client.newSku("OPEN");
        var connection = pool.getConnection().await().atMost(LIMIT);
        var transaction = connection.begin().await().atMost(LIMIT);
        try {
            insertProduct(connection, sku);
            var event = publisher.event(
                    EventType.PRODUCT_CREATED, sku, Map.of("sku", sku, "version", 1), RequestContext.system());
            publisher.record(connection, event, RequestContext.system()).await().atMost(LIMIT);
            long seq = ask(connection, "SELECT last_value FROM event_seq_seq");
            // At first it is the youngest transaction, one that no snapshot's upper end speaks of.
            for (int i = 0; i < 5; i++) {
                events.raiseLowWatermark(pool).await().atMost(LIMIT);
            }
            assertThat(ask(pool, "SELECT floor FROM feed_head")).isLessThan(seq);
            // Then others go on, so that there is something to raise the low watermark for.
            await().pollInterval(Duration.ofMillis(100))
                    .during(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(4))
                    .until(() -> {
                        editor.create(Client.newSku("OTHER"));
                        return ask(pool, "SELECT floor FROM feed_head") < seq;
                    });
        } finally {
            transaction.commit().await().atMost(LIMIT);
            connection.close().await().atMost(LIMIT);
        }
        await().until(() -> editor.events(head, sku).size() == 1);
        awaitLowWatermarkAtTheTop();
    }

    private void awaitLowWatermarkAtTheTop() {
        await("the low watermark rises")
                .until(() -> ask(
                                pool,
                                "SELECT count(*) FROM feed_head, event_seq_seq WHERE floor < last_value - (NOT is_called)::int")
                        == 0);
    }

    @Test
    void anEventBelowTheLowWatermarkIsFoundAllTheSame() {
        long head = editor.head();
        var sku = Client.newSku("BELOW");
        pool.query("UPDATE feed_head SET floor = floor + 1000, mark_seq = floor + 1000")
                .execute()
                .await()
                .atMost(LIMIT);
        editor.create(sku);
        assertThat(events.lowerLowWatermark(pool).await().atMost(LIMIT)).isTrue();
        await().until(() -> editor.events(head, sku).size() == 1);
        assertThat(events.lowerLowWatermark(pool).await().atMost(LIMIT)).isFalse();
    }

    /** Otherwise each call walks over all events that were given positions since: 5,400 more of them here. */
    @Test
    void aTransactionThatStaysOpenMakesTheSequencerNoDearer() {
        var connection = pool.getConnection().await().atMost(LIMIT);
        var transaction = connection.begin().await().atMost(LIMIT);
        try {
            ask(connection, "SELECT pg_current_xact_id()::text::bigint");
            awaitLowWatermarkAtTheTop();
            sequenceMany(600);
            awaitLowWatermarkAtTheTop();
            long before = pagesOfACall();
            sequenceMany(5_400);
            awaitLowWatermarkAtTheTop();
            assertThat(pagesOfACall()).isLessThan(before + 300);
        } finally {
            transaction.rollback().await().atMost(LIMIT);
            connection.close().await().atMost(LIMIT);
        }
    }

    private void sequenceMany(int number) {
        for (int i = 0; i < number; i += 300) {
            insertEvents(300);
            ask(pool, "SELECT count(*) FROM sequence_events(512)");
        }
    }

    private void insertEvents(int number) {
        run("INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)"
                + " SELECT gen_random_uuid(), 'inventory.synced', 'many', 'many', 'many', now(), '{}' FROM generate_series(1, "
                + number + ")");
    }

    private long pagesOfACall() {
        insertEvents(1);
        var plan = pool.query("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT * FROM sequence_events(512)")
                .execute()
                .map(rows -> rows.iterator().next().getValue(0).toString())
                .await()
                .atMost(LIMIT);
        var hits = Pattern.compile("\"Shared Hit Blocks\": *(\\d+)").matcher(plan);
        assertThat(hits.find()).as(plan).isTrue();
        return Long.parseLong(hits.group(1));
    }

    private void run(String sql) {
        pool.query(sql).execute().await().atMost(LIMIT);
    }

    private static void insertProduct(SqlClient client, String sku) {
        client.query("INSERT INTO product (sku, name, price_amount, price_currency, tags, attributes, status, version,"
                        + " created_at, updated_at) VALUES ('" + sku
                        + "', 'Mug', 1, 'EUR', '{}', '{}', 'draft', 1, now(), now())")
                .execute()
                .await()
                .atMost(LIMIT);
    }

    private static long ask(SqlClient client, String sql) {
        return client.query(sql)
                .execute()
                .map(rows -> rows.iterator().next().getLong(0))
                .await()
                .atMost(LIMIT);
    }
}
