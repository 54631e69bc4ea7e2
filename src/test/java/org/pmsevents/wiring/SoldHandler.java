package org.pmsevents.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.FeedEvent;

/** How much of each SKU was sold: the example of the README's "Writing a handler". */
@ApplicationScoped
class SoldHandler {
    static final String CREATE = "CREATE TABLE IF NOT EXISTS example_sold (sku text PRIMARY KEY, sold bigint NOT NULL)";

    private static final String ADD = """
            INSERT INTO example_sold AS s (sku, sold) VALUES ($1, $2)
            ON CONFLICT (sku) DO UPDATE SET sold = s.sold + excluded.sold
            """;

    private final EventCodec codec;
    private final MeterRegistry meters;

    SoldHandler(EventCodec codec, MeterRegistry meters) {
        this.codec = codec;
        this.meters = meters;
    }

    /** Primary: on one replica, in order. What goes through the transaction is done once for each event, so that adding is right. */
    Uni<Void> addUp(SqlClient transaction, FeedEvent event) {
        var sold = sold(event.message());
        return sold == 0
                ? Uni.createFrom().voidItem()
                : transaction
                        .preparedQuery(ADD)
                        .execute(Tuple.of(event.message().subject(), sold))
                        .replaceWithVoid();
    }

    /** Secondary: on every replica, as it comes, and missed if the replica is down. */
    Uni<Void> show(EventMessage event) {
        meters.counter("example.sold").increment(sold(event));
        return Uni.createFrom().voidItem();
    }

    private long sold(EventMessage event) {
        var movement = codec.payload(event, JsonNode.class);
        return movement.path("reason").asText().equals("sale")
                ? -movement.path("delta").longValue()
                : 0;
    }
}
