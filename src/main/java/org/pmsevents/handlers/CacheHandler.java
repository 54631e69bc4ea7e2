package org.pmsevents.handlers;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.pmsevents.cache.CacheFlow;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.Origin;

/**
 * Clears from the cache what the feed says has changed, in case the replica that changed it did not come to it; what Redis does
 * not take is tried again until it does, so that nothing stale is left behind an outage.
 */
@ApplicationScoped
public class CacheHandler {
    private static final Logger LOG = Logger.getLogger(CacheHandler.class);
    private static final int RETRY_MILLIS = 1_000;
    private static final int RETRIED_AT_ONCE = 100;
    private static final int MOST_WAITING = 50_000;

    private final CacheFlow cache;
    private final EventCodec codec;
    private final Alerts alerts;
    private final Vertx vertx;
    private final long timer;
    private final Map<CacheKey, Long> waiting = new ConcurrentHashMap<>();

    CacheHandler(CacheFlow cache, EventCodec codec, Alerts alerts, Vertx vertx, MeterRegistry meters) {
        this.cache = cache;
        this.alerts = alerts;
        this.codec = codec;
        meters.gaugeMapSize("pms.cache.evictions.waiting", Tags.empty(), waiting);
        this.vertx = vertx;
        this.timer = vertx.setPeriodic(RETRY_MILLIS, again -> retry());
    }

    @PreDestroy
    void stop() {
        vertx.cancelTimer(timer);
    }

    /** Once for each product of the batch, by its newest version; completes when Redis has answered. */
    Uni<Void> evict(FeedBatch batch) {
        Map<CacheKey, Long> newest = new LinkedHashMap<>();
        for (var event : batch.events()) {
            if (event.message().type().family().equals("product")) {
                newest.merge(CacheKey.product(event.message().subject()), version(event), Math::max);
            }
        }
        return evict(newest);
    }

    private Uni<Void> evict(Map<CacheKey, Long> versions) {
        if (versions.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Uni.join()
                .all(versions.entrySet().stream()
                        .map(each -> evict(each.getKey(), each.getValue()))
                        .toList())
                .andFailFast()
                .replaceWithVoid();
    }

    private Uni<Void> evict(CacheKey key, long version) {
        return cache.evict(key, version)
                .invoke(() -> waiting.remove(key, version))
                .onFailure()
                .invoke(failure -> later(key, version))
                .onFailure()
                .recoverWithNull();
    }

    private void later(CacheKey key, long version) {
        if (waiting.size() >= MOST_WAITING) {
            waiting.clear();
            var detail = "More than " + MOST_WAITING + " wait for Redis to come back.";
            LOG.errorf("evictions from the cache are given up: %s", detail);
            alerts.raise(Alert.critical(
                    "cache-stale", "Empty Redis before readers are let to it", detail, "redis", Origin.system()));
        }
        waiting.merge(key, version, Math::max);
    }

    private void retry() {
        var some = new LinkedHashMap<CacheKey, Long>();
        waiting.entrySet().stream().limit(RETRIED_AT_ONCE).forEach(each -> some.put(each.getKey(), each.getValue()));
        evict(some)
                .subscribe()
                .with(
                        done -> {
                            if (!some.isEmpty()
                                    && !waiting.isEmpty()
                                    && some.keySet().stream().noneMatch(waiting::containsKey)) {
                                retry();
                            }
                        },
                        failure -> LOG.error("retrying evictions failed", failure));
    }

    private long version(FeedEvent event) {
        return codec.payload(event.message(), JsonNode.class).path("version").longValue();
    }
}
