package org.pmsevents.wiring;

import static org.pmsevents.Waiting.await;

import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventProgress;

@QuarkusTest
class EventRegistrationTest {
    private final Client editor = Client.editor();

    @Inject
    EventProgress progress;

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
