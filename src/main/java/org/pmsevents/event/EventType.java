package org.pmsevents.event;

import static org.pmsevents.event.EventScope.CLUSTER;
import static org.pmsevents.event.EventScope.FEED;
import static org.pmsevents.event.EventScope.LOCAL;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Every event type of the system, with its scope. */
public enum EventType {
    PRODUCT_CREATED("product.created", FEED),
    PRODUCT_UPDATED("product.updated", FEED),
    PRODUCT_PUBLISHED("product.published", FEED),

    INVENTORY_UPDATED("inventory.updated", FEED),
    INVENTORY_ALERT("inventory.alert", FEED),
    INVENTORY_SYNCED("inventory.synced", FEED),

    CACHE_MISS("cache.miss", LOCAL),
    CACHE_INVALID("cache.invalid", CLUSTER),
    CACHE_WARM("cache.warm", CLUSTER),

    ERROR_VALIDATION("error.validation", LOCAL),
    ERROR_INTEGRATION("error.integration", CLUSTER),
    ERROR_SYSTEM("error.system", CLUSTER),

    WS_CONNECT("ws.connect", LOCAL),
    WS_UPDATE("ws.update", LOCAL),
    WS_ERROR("ws.error", LOCAL),

    QUEUE_NEW("queue.new", CLUSTER),
    QUEUE_PROCESSING("queue.processing", CLUSTER),
    QUEUE_COMPLETE("queue.complete", CLUSTER),

    METRICS_REQUEST("metrics.request", LOCAL),
    METRICS_ERROR("metrics.error", CLUSTER),
    METRICS_RESOURCES("metrics.resources", CLUSTER);

    private static final Map<String, EventType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(EventType::wireName, Function.identity()));

    private final String wireName;
    private final EventScope scope;

    EventType(String wireName, EventScope scope) {
        this.wireName = wireName;
        this.scope = scope;
    }

    /** The name on the wire and the address on the EventBus, such as {@code product.created}. */
    public String wireName() {
        return wireName;
    }

    public EventScope scope() {
        return scope;
    }

    /** The part before the dot, such as {@code product}. */
    public String family() {
        return wireName.substring(0, wireName.indexOf('.'));
    }

    public static Optional<EventType> named(String wireName) {
        return Optional.ofNullable(BY_NAME.get(wireName));
    }

    @Override
    public String toString() {
        return wireName;
    }
}
