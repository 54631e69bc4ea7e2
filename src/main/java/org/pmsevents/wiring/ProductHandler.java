package org.pmsevents.wiring;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.product.history.ProductHistory;

/** Handles product events: writes the history of each product. */
@ApplicationScoped
public class ProductHandler {
    private final ProductHistory history;

    ProductHandler(ProductHistory history) {
        this.history = history;
    }

    Uni<Void> recordHistory(SqlClient transaction, FeedEvent event) {
        return history.record(transaction, event);
    }
}
