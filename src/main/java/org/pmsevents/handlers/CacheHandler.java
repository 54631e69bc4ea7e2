package org.pmsevents.handlers;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import org.pmsevents.cache.CacheFlow;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;

/** Clears from the cache what the feed says has changed, in case the replica that changed it did not come to it. */
@ApplicationScoped
public class CacheHandler {
    private final CacheFlow cache;
    private final EventCodec codec;

    CacheHandler(CacheFlow cache, EventCodec codec) {
        this.cache = cache;
        this.codec = codec;
    }

    /** Once for each product of the batch, by its newest version. */
    Uni<Void> evict(FeedBatch batch) {
        Map<CacheKey, Long> newest = new LinkedHashMap<>();
        for (var event : batch.events()) {
            if (event.message().type().family().equals("product")) {
                newest.merge(CacheKey.product(event.message().subject()), version(event), Math::max);
            }
        }
        if (newest.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        return Uni.join()
                .all(newest.entrySet().stream()
                        .map(each -> cache.evict(each.getKey(), each.getValue()))
                        .toList())
                .andCollectFailures()
                .replaceWithVoid();
    }

    private long version(FeedEvent event) {
        return codec.payload(event.message(), JsonNode.class).path("version").longValue();
    }
}
