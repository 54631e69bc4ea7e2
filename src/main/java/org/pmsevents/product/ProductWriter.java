package org.pmsevents.product;

import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.periodic.Gathering;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/**
 * Writes products together: those that come while a statement is running are written by the next one. What that statement can't do for
 * one of them is left to its caller, and does not hold up the others.
 */
@ApplicationScoped
public class ProductWriter {
    /** How many products one statement writes. */
    private static final int BATCH = 64;

    private static final int QUEUED = 2_000;

    private final ProductChangeTable table;
    private final EventPublisher events;
    private final Tracing tracing;
    private final Gathering<Pending> gathering;

    ProductWriter(ProductChangeTable table, EventPublisher events, Tracing tracing, Vertx vertx) {
        this.table = table;
        this.events = events;
        this.tracing = tracing;
        this.gathering = new Gathering<>(BATCH, QUEUED, this::writeTogether, vertx);
    }

    /**
     * A product to write.
     *
     * @param product as it is to be stored
     * @param before the version whose place it takes; 0: to be created, with a stock of 0
     * @param events what happened to it since, at least one; the payload of the last one is the answer that is stored under the key
     * @param key null for none
     */
    public record Write(
            Product product,
            long before,
            List<EventMessage> events,
            @Nullable IdempotencyKey key) {

        /** The next version of a product. */
        static Write of(Product product, EventMessage event, @Nullable IdempotencyKey key) {
            return new Write(product, product.version() - 1, List.of(event), key);
        }

        public String sku() {
            return product.sku();
        }
    }

    private record Pending(Write write, UniEmitter<? super Boolean> caller) {}

    /**
     * Writes the product, its event and its stored answer. False if nothing was done: the SKU exists, another version is stored, somebody
     * else holds the row or has taken the key, or PostgreSQL refused one of those that were written together.
     *
     * @throws AppException 503 {@code too-busy} if too many wait; nothing is changed
     * @throws org.pmsevents.platform.database.OutcomeUnknownException if it may have been written
     */
    Uni<Boolean> write(Write write, RequestContext context) {
        return tracing.within(Kind.CLIENT, "transaction", context, span -> {
            span.with("db.system.name", "postgresql");
            return Uni.createFrom().emitter(caller -> {
                if (!gathering.add(new Pending(write, caller))) {
                    caller.fail(AppException.unavailable(
                            "too-busy", "Too many changes of products are waiting. Nothing was changed.", 1));
                }
            });
        });
    }

    /** The same in a transaction of the caller, whose lock timeout bounds the wait for others. */
    Uni<Boolean> write(SqlClient transaction, Write write) {
        return table.change(transaction, List.of(write)).map(written -> !written.isEmpty());
    }

    private Uni<Void> writeTogether(List<Pending> batch) {
        var first = firstOfEachSku(batch);
        return events.write(client ->
                        table.change(client, first.stream().map(Pending::write).toList()))
                .onFailure(ProductWriter::isRefusal)
                .recoverWithItem(Set.of())
                .invoke(written -> first.forEach(each -> each.caller.complete(written.contains(each.write.sku()))))
                .onFailure()
                .invoke(failure -> first.forEach(each -> each.caller.fail(failure)))
                .replaceWithVoid();
    }

    /** A statement can write one of a SKU. */
    private static List<Pending> firstOfEachSku(List<Pending> batch) {
        var skus = new HashSet<String>();
        var first = new ArrayList<Pending>(batch.size());
        for (var each : batch) {
            if (skus.add(each.write.sku())) {
                first.add(each);
            } else {
                each.caller.complete(false);
            }
        }
        return first;
    }

    /** Whether PostgreSQL has refused the statement, so that nothing was changed. */
    private static boolean isRefusal(Throwable failure) {
        return !(failure instanceof OutcomeUnknownException)
                && (failure instanceof PgException || failure.getCause() instanceof PgException);
    }
}
