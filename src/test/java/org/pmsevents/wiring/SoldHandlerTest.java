package org.pmsevents.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.util.EnumSet;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.alert.Told;
import org.pmsevents.event.EventType;
import org.pmsevents.event.handler.DurableHandlers;
import org.pmsevents.event.handler.LiveHandlers;

/** The test of the README's example of a handler. */
@QuarkusTest
class SoldHandlerTest {
    private final Client keeper = Client.of("stan", "stock", "editor");
    private final String sku = Client.newSku("SOLD");
    /** In the service it is a fixed name: here each test begins anew. */
    private final String name = "sold-" + UUID.randomUUID();

    @Inject
    DurableHandlers primary;

    @Inject
    SoldHandler handler;

    @Inject
    MeterRegistry meters;

    @Inject
    Told told;

    /** In the service this is a line of EventRegistration. */
    @ApplicationScoped
    static class Registration {
        void register(@Observes @Priority(900) StartupEvent started, LiveHandlers bus, SoldHandler handler) {
            bus.secondary("sold", EnumSet.of(EventType.INVENTORY_UPDATED), handler::show);
        }
    }

    @BeforeEach
    void register() {
        told.execute(SoldHandler.CREATE);
        primary.register(name, EnumSet.of(EventType.INVENTORY_UPDATED), handler::addUp);
        keeper.create(sku);
        keeper.adjust(sku, 10);
    }

    @AfterEach
    void removeTheHandler() {
        told.execute("DELETE FROM handler_cursor WHERE handler = $1", name);
        told.execute("DELETE FROM dead_letter WHERE handler = $1", name);
    }

    private void sell(int count) {
        keeper.adjust(sku, "{\"delta\":-" + count + ",\"reason\":\"sale\"}")
                .then()
                .statusCode(200);
    }

    private long sold() {
        for (var row : told.execute("SELECT sold FROM example_sold WHERE sku = $1", sku)) {
            return row.getLong(0);
        }
        return 0;
    }

    @Test
    void salesAreAddedUpOnce() {
        double shown = meters.counter("example.sold").count();
        sell(2);
        keeper.adjust(sku, -1);
        sell(3);
        await().until(() -> sold() == 5);
        await().until(() -> meters.counter("example.sold").count() >= shown + 5);
        long head = keeper.head();
        await("all of the feed is behind the handler")
                .until(() ->
                        told.execute("SELECT FROM handler_cursor WHERE handler = $1 AND position >= $2", name, head)
                                        .rowCount()
                                == 1);
        assertThat(sold()).isEqualTo(5);
    }
}
