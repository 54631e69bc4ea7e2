package org.pmsevents.event.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.eventbus.EventBus;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.EventStream;
import org.pmsevents.delivery.sse.QuickFeed;
import org.pmsevents.event.EventMessage;

/** Makes events of the past older than they are; those of the other tests go with them, which nobody misses. */
@QuarkusTest
@TestProfile(QuickFeed.class)
class RetentionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Client editor = Client.editor();

    @TestHTTPResource("/")
    URI server;

    @Inject
    Retention retention;

    @Inject
    Pool pool;

    @Inject
    EventBus bus;

    private void execute(String sql, Object... parameters) {
        pool.preparedQuery(sql).execute(Tuple.from(parameters)).await().atMost(PATIENCE);
    }

    private long ask(String sql) {
        return pool.query(sql)
                .execute()
                .map(rows -> rows.iterator().next().getLong(0))
                .await()
                .atMost(PATIENCE);
    }

    private String feedId() {
        return pool.query("SELECT feed_id FROM feed_head")
                .execute()
                .map(rows -> rows.iterator().next().getUUID(0).toString())
                .await()
                .atMost(PATIENCE);
    }

    private void age(long upTo, int days) {
        execute("UPDATE event SET stored_at = now() - $2 * interval '1 day' WHERE position <= $1", upTo, days);
    }

    private long pruned() {
        retention.prune().await().atMost(PATIENCE);
        return ask("SELECT pruned FROM feed_tail");
    }

    /** Creates products, and waits until their events have positions and have been handled. */
    private long events(int count) {
        for (int i = 0; i < count; i++) {
            editor.create(Client.newSku("R"));
        }
        await().until(() -> ask("SELECT count(*) FROM event WHERE position IS NULL") == 0
                && ask("SELECT min(position) FROM handler_cursor") >= ask("SELECT head FROM feed_head"));
        return ask("SELECT head FROM feed_head");
    }

    @AfterEach
    void removeTheHandlerThatIsBehind() {
        execute("DELETE FROM handler_cursor WHERE handler = 'test-behind'");
    }

    @Test
    void eventsThatAreTooOldAreDeletedAndTheirReadersAreTold() throws IOException {
        long old = events(3);
        long head = events(2);
        age(old, 8);
        assertThat(pruned()).isEqualTo(old);
        assertThat(ask("SELECT min(position) FROM event")).isEqualTo(old + 1);
        assertThat(ask("SELECT count(*) FROM event")).isEqualTo(head - old);

        editor.isProblem(editor.request().get("/api/events?after=" + (old - 1)), 410, "position-expired")
                .body("oldest", equalTo((int) old + 1));
        for (long after : new long[] {0, old}) {
            var page = Client.json(editor.request().get("/api/events?limit=1&after=" + after));
            assertThat(page.at("/items/0/metadata/position").longValue()).isEqualTo(old + 1);
            assertThat(page.get("next").longValue()).isEqualTo(old + 1);
        }
        try (var stream = EventStream.open(server, "", Long.toString(old - 1))) {
            await().until(() -> stream.blocks.size() >= 2);
            assertThat(stream.blocks.get(0).event()).isEqualTo("reset");
            assertThat(Client.json(stream.blocks.get(0).data()))
                    .isEqualTo(Client.json(
                            "{\"epoch\":\"" + feedId() + "\",\"oldest\":" + (old + 1) + ",\"head\":" + head + "}"));
            assertThat(stream.blocks.get(1).position()).isEqualTo(head);
        }
        try (var stream = EventStream.open(server, "", "0")) {
            await().until(() -> stream.events().size() == head - old);
            assertThat(stream.events().get(0).position()).isEqualTo(old + 1);
        }
    }

    @Test
    void onlyAPrefixIsDeleted() {
        long first = events(1);
        long head = events(3);
        age(head, 8);
        execute("UPDATE event SET stored_at = now() WHERE position = $1", first + 2);
        assertThat(pruned()).isEqualTo(first + 1);
        assertThat(ask("SELECT count(*) FROM event")).isEqualTo(head - first - 1);
        assertThat(pruned()).isEqualTo(first + 1);
    }

    @Test
    void whatAPrimaryHandlerHasStillToSeeIsKeptUpToTheHardLimit() {
        var alerts = new CopyOnWriteArrayList<EventMessage>();
        var listener = bus.<EventMessage>consumer("error.system", message -> {
            if (message.body().metadata().subject().equals("retention")) {
                alerts.add(message.body());
            }
        });
        long seen = events(1);
        long head = events(3);
        execute("INSERT INTO handler_cursor (handler, position) VALUES ('test-behind', $1)", seen);
        age(head, 29);
        assertThat(pruned()).isEqualTo(seen);
        assertThat(alerts).isEmpty();
        age(head - 1, 31);
        assertThat(pruned()).isEqualTo(head - 1);
        await().until(() -> alerts.size() == 1);
        assertThat(alerts.get(0).payload()).contains("2 unseen events");
        await().until(() -> ask("SELECT count(*) FROM alert WHERE key = 'retention' AND detail LIKE '2 unseen%'") == 1);
        listener.unregister();
    }
}
