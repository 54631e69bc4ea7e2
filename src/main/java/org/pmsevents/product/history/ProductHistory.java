package org.pmsevents.product.history;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.platform.json.JsonText;

/** Writes the product history from the product events of the feed. */
@ApplicationScoped
public class ProductHistory {
    private final ProductHistoryTable history;
    private final EventCodec codec;

    ProductHistory(ProductHistoryTable history, EventCodec codec) {
        this.history = history;
        this.codec = codec;
    }

    /** Adds the change of an event; a repeated event changes nothing. */
    public Uni<Void> record(SqlClient transaction, FeedEvent event) {
        var message = event.message();
        var metadata = message.metadata();
        var product = codec.payload(message, ObjectNode.class);
        var changed = names(product.remove("changed"));
        return history.insert(
                transaction,
                metadata.subject(),
                new ProductHistoryEntry(
                        event.position(),
                        message.type().wireName(),
                        product.path("version").longValue(),
                        changed,
                        metadata.actor(),
                        metadata.traceId(),
                        metadata.timestamp(),
                        JsonText.of(product)));
    }

    private static List<String> names(@Nullable JsonNode array) {
        var names = new ArrayList<String>();
        if (array != null) {
            array.forEach(name -> names.add(name.textValue()));
        }
        return names;
    }
}
