package org.pmsevents.event.log;

import static org.pmsevents.Waiting.await;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.delivery.sse.QuickFeed;

@QuarkusTest
@TestProfile(QuickFeed.class)
class FirstEventTest {
    private final Client editor = Client.editor();

    @Inject
    Pool pool;

    private long ask(String sql) {
        return pool.query(sql)
                .execute()
                .map(rows -> rows.iterator().next().getLong(0))
                .await()
                .atMost(Duration.ofSeconds(10));
    }

    /** A sequence that has given out nothing yet says that its last value is the first one it will give. */
    @Test
    void theFirstEventOfANewDatabaseGetsItsPositionHoweverLongItIsWaitedFor() {
        long first = ask("SELECT last_value + 100 FROM event_seq_seq");
        pool.query("ALTER SEQUENCE event_seq_seq RESTART WITH " + first)
                .execute()
                .await()
                .atMost(Duration.ofSeconds(10));
        await().until(() -> ask("SELECT floor FROM feed_head") >= first - 1);
        long head = editor.head();
        var sku = Client.newSku("FIRST");
        editor.create(sku);
        await().until(() -> editor.events(head, sku).size() == 1);
    }
}
