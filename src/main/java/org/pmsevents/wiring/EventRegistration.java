package org.pmsevents.wiring;

import static org.pmsevents.event.EventType.CACHE_INVALID;
import static org.pmsevents.event.EventType.ERROR_INTEGRATION;
import static org.pmsevents.event.EventType.ERROR_SYSTEM;
import static org.pmsevents.event.EventType.ERROR_VALIDATION;
import static org.pmsevents.event.EventType.INVENTORY_ALERT;
import static org.pmsevents.event.EventType.INVENTORY_UPDATED;
import static org.pmsevents.event.EventType.METRICS_REQUEST;
import static org.pmsevents.event.EventType.PRODUCT_CREATED;
import static org.pmsevents.event.EventType.PRODUCT_PUBLISHED;
import static org.pmsevents.event.EventType.PRODUCT_UPDATED;
import static org.pmsevents.event.EventType.QUEUE_COMPLETE;
import static org.pmsevents.event.EventType.QUEUE_NEW;
import static org.pmsevents.event.EventType.QUEUE_PROCESSING;
import static org.pmsevents.event.EventType.WS_ERROR;
import static org.pmsevents.event.EventType.WS_UPDATE;

import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.cache.flow.WarmUpFlow;
import org.pmsevents.delivery.pull.PullFlow;
import org.pmsevents.delivery.sse.EventStreams;
import org.pmsevents.delivery.websocket.LiveFlow;
import org.pmsevents.delivery.websocket.LiveSessions;
import org.pmsevents.event.EventProgress;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.event.feed.Dispatcher;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.event.handler.DurableHandlers;
import org.pmsevents.event.handler.LiveHandlers;
import org.pmsevents.event.publish.FrequentEvents;
import org.pmsevents.event.transport.AlertBroadcast;
import org.pmsevents.inventory.StockRows;
import org.pmsevents.inventory.level.StockLevels;
import org.pmsevents.metrics.request.RequestMeasured;
import org.pmsevents.platform.StartOrder;
import org.pmsevents.platform.shutdown.Draining;
import org.pmsevents.subscription.work.SubscriptionWork;

/** Registers every handler and consumer of events, in one place. */
@ApplicationScoped
public class EventRegistration {
    private static final Set<EventType> PRODUCTS = EnumSet.of(PRODUCT_CREATED, PRODUCT_UPDATED, PRODUCT_PUBLISHED);
    private static final Set<EventType> ERRORS =
            EnumSet.of(ERROR_VALIDATION, ERROR_INTEGRATION, ERROR_SYSTEM, WS_ERROR);
    private static final Set<EventType> FEED = Arrays.stream(EventType.values())
            .filter(type -> type.scope() == EventScope.FEED)
            .collect(Collectors.toUnmodifiableSet());

    /** Events without a position. Without ws.update: sending it to WebSockets would cause an endless loop. */
    private static final Set<EventType> ANNOUNCED = Arrays.stream(EventType.values())
            .filter(type -> type.scope() != EventScope.FEED && type != WS_UPDATE)
            .collect(Collectors.toUnmodifiableSet());

    /** Runs before the feed starts, so that no handler misses the first event. */
    void register(
            @Observes @Priority(StartOrder.REGISTRATION) StartupEvent started,
            Dispatcher dispatcher,
            Feed feed,
            DurableHandlers durableHandlers,
            LiveHandlers liveHandlers,
            FrequentEvents frequent,
            EventProgress progress,
            AlertBroadcast alerts,
            LiveFlow live,
            LiveSessions sessions,
            EventStreams streams,
            SubscriptionWork subscriptions,
            PullFlow pulls,
            ProductHandler products,
            InventoryHandler inventory,
            CacheHandler cache,
            QueueHandler queue,
            ErrorHandler errors,
            MetricsHandler metrics,
            WarmUpFlow warmUp,
            StockRows stockRows,
            StockLevels stockLevels,
            Draining draining) {
        draining.onShutdown("handing over the stock levels", stockLevels::handOver);

        // the database has gone back or is another: what was learnt of it is forgotten, then clients are told
        feed.onNewEpoch(epoch -> progress.forgetAll());
        feed.onNewEpoch(epoch -> stockRows.forget());
        feed.onNewEpoch(epoch -> stockLevels.forget());
        feed.onNewEpoch(warmUp::restart);
        feed.onNewEpoch(subscriptions::forget);

        // ordered consumers of every batch of the feed: first the cache, then WebSockets, streams and subscriptions
        dispatcher.inOrder("cache", cache::evict);
        dispatcher.inOrder("websocket", live::update);
        dispatcher.inOrder("sse", streams::deliver);
        dispatcher.inOrder("subscriptions", subscriptions::offer);
        dispatcher.inOrder("pulls", pulls::wake);

        // durable: on one replica at a time, in order, at least once
        durableHandlers.register("product-history", PRODUCTS, products::recordHistory);
        durableHandlers.registerBatch(
                "stock-levels", EnumSet.of(PRODUCT_CREATED, INVENTORY_UPDATED), inventory::writeLevels);
        durableHandlers.register("low-stock", EnumSet.of(INVENTORY_ALERT), inventory::tellAdmin);

        // live: on every replica, best effort
        liveHandlers.secondary("cache", EnumSet.of(CACHE_INVALID), cache::hear);
        liveHandlers.secondary("queue", EnumSet.of(QUEUE_NEW), queue::wake);
        liveHandlers.secondary("queue", EnumSet.of(QUEUE_PROCESSING), queue::processing);
        liveHandlers.secondary("queue", EnumSet.of(QUEUE_COMPLETE), queue::tellWaiting);
        liveHandlers.secondary("errors", ERRORS, errors::count);
        liveHandlers.secondary("metrics", FEED, metrics::measureDelay);
        liveHandlers.cleanup("event-progress", FEED, progress::forget);
        liveHandlers.notification("websocket", ANNOUNCED, sessions::announce);
        liveHandlers.listen();

        // on every request, on its thread; on the EventBus only while a client is subscribed
        frequent.handler("request-stats", METRICS_REQUEST, RequestMeasured.class, metrics::updateStats);
        frequent.listened(sessions::wants);

        // not an event: sent alerts, on every replica
        alerts.register(sessions::alert);
    }
}
