package org.pmsevents.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.feed.Feed;

@QuarkusTest
class EventRegistrationTest {
    private final Client editor = Client.editor();

    @Inject
    EventProgress progress;

    @Inject
    Feed feed;

    @Inject
    RedisDataSource redis;

    /** The round over all stock would write it, too, unless the replica that made it has been killed. */
    @Test
    void theLevelOfANewProductIsWrittenWithoutTheRound() {
        var leader = "pms-events:stock:{/}leader:" + feed.id();
        redis.value(String.class).set(leader, "another replica");
        try {
            var sku = Client.newSku("NEW");
            editor.create(sku);
            await().until(() -> "0".equals(redis.hash(String.class).hget("pms-events:stock:" + sku, "main")));
            assertThat(redis.value(String.class).get(leader)).isEqualTo("another replica");
        } finally {
            redis.key().del(leader);
        }
    }

    /** Whoever asks for a forgotten event waits in vain. */
    @Test
    void theCleanUpTaskForgetsAnEventWhoseFlowHasAnswered() {
        long head = editor.head();
        var sku = Client.newSku("CLEAN");
        editor.create(sku);
        await().until(() -> editor.events(head, sku).size() == 1);
        var id = UUID.fromString(
                editor.events(head, sku).get(0).at("/metadata/id").textValue());
        await().until(() -> {
            editor.create(Client.newSku("NEXT"));
            return !progress.dispatched(id).subscribeAsCompletionStage().isDone();
        });
    }
}
