package org.pmsevents.wiring;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.jboss.logging.Logger;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.cache.flow.HotKeys;
import org.pmsevents.cache.flow.InvalidationFlow;
import org.pmsevents.cache.version.Eviction;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.platform.periodic.Periodic;

/** Evicts cache entries that events of the feed have changed, and stores in PostgreSQL which keys are read most. */
@ApplicationScoped
public class CacheHandler {
    private static final Logger LOG = Logger.getLogger(CacheHandler.class);

    private final Eviction eviction;
    private final InvalidationFlow invalidation;
    private final HotKeys hotKeys;
    private final CacheConfig config;
    private final MeterRegistry meters;
    private final Periodic periodic;

    CacheHandler(
            Eviction eviction,
            InvalidationFlow invalidation,
            HotKeys hotKeys,
            CacheConfig config,
            MeterRegistry meters,
            Periodic periodic) {
        this.eviction = eviction;
        this.invalidation = invalidation;
        this.hotKeys = hotKeys;
        this.config = config;
        this.meters = meters;
        this.periodic = periodic;
    }

    void start(@Observes StartupEvent started) {
        periodic.task("cache.hot-keys", config.countEvery(), hotKeys::store)
                .onFailure(this::storeLater)
                .start();
    }

    /** Ordered consumer, registered before the others. */
    Uni<Void> evict(FeedBatch batch) {
        eviction.follow(batch);
        return Uni.createFrom().voidItem();
    }

    /** Fast path: the announcement may be lost, and the notice in PostgreSQL arrives later. */
    Uni<Void> hear(EventMessage invalid) {
        invalidation.received(invalid);
        return Uni.createFrom().voidItem();
    }

    private void storeLater(Throwable failure) {
        meters.counter("pms.cache.hot.keys.failures").increment();
        LOG.debugf("cannot store the counts of key reads, retrying later: %s", failure.toString());
    }
}
