package org.pmsevents.product.batch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.product.Product;
import org.pmsevents.product.ProductJson;
import org.pmsevents.product.ProductWriter;

/** What the lines of one SKU do to its product, one after the other. */
final class ProductPlan {
    private final String sku;
    private final @Nullable Product stored;
    private final List<Integer> indexes = new ArrayList<>();
    private final List<JudgedLine.Step> steps = new ArrayList<>();
    private @Nullable Product after;
    private boolean publishes;
    private @Nullable UUID lastEvent;

    ProductPlan(String sku, @Nullable Product stored) {
        this.sku = sku;
        this.stored = stored;
        this.after = stored;
    }

    String sku() {
        return sku;
    }

    /** Takes part in the plan, also if it is refused: then it has to be judged again with the others. */
    void addLine(int index) {
        indexes.add(index);
    }

    void add(JudgedLine line) {
        after = line.after();
        steps.addAll(line.steps());
        publishes = line.publishes();
    }

    /** The product after the lines so far; null if there is none. */
    @Nullable
    Product present() {
        return after;
    }

    Product after() {
        return Objects.requireNonNull(after);
    }

    List<Integer> indexes() {
        return List.copyOf(indexes);
    }

    boolean changes() {
        return !steps.isEmpty();
    }

    boolean creates() {
        return stored == null;
    }

    /** Whether the last line asks for a product that the PMS has. */
    boolean publishes() {
        return publishes;
    }

    /** Whether stock of a product that exists may be low no more. */
    boolean retiresStock() {
        return stored != null && steps.stream().anyMatch(step -> step.after().isArchived());
    }

    /** Creates the events, and what is to be written with them. */
    ProductWriter.Write write(EventPublisher publisher, RequestContext context) {
        var events = steps.stream().map(step -> event(step, publisher, context)).toList();
        lastEvent = events.get(events.size() - 1).metadata().id();
        return new ProductWriter.Write(after(), stored == null ? 0 : stored.version(), events, null);
    }

    private EventMessage event(JudgedLine.Step step, EventPublisher publisher, RequestContext context) {
        var payload = step.type() == EventType.PRODUCT_UPDATED
                ? ProductJson.updated(step.after(), step.changed())
                : ProductJson.of(step.after());
        return publisher.event(step.type(), sku, payload, context);
    }

    Optional<UUID> lastEvent() {
        return Optional.ofNullable(lastEvent);
    }
}
