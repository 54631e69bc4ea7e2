package org.pmsevents.cache.version;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.FeedBatch;
import org.pmsevents.event.FeedEvent;

/**
 * Records the changes of the feed in {@link TagVersions}. Kept cheap for stock, which changes often: only the SKU of the event is
 * read, and nothing is sent.
 */
@ApplicationScoped
public class Eviction {
    private final TagVersions tagVersions;
    private final EventCodec codec;

    Eviction(TagVersions tagVersions, EventCodec codec) {
        this.tagVersions = tagVersions;
        this.codec = codec;
    }

    /** Takes the next batch of the feed, in position order. */
    public void follow(FeedBatch batch) {
        take(batch.events());
        tagVersions.reached(batch.upTo());
    }

    /** Takes events in any order, any number of times. */
    public void take(List<FeedEvent> events) {
        long stocks = -1;
        for (var event : events) {
            long position = event.position();
            var sku = event.message().subject();
            switch (event.message().type()) {
                case PRODUCT_CREATED -> {
                    product(event);
                    // a new product has a new stock
                    tagVersions.changed(CacheTag.stock(sku), position);
                    stocks = Math.max(stocks, position);
                }
                case PRODUCT_UPDATED, PRODUCT_PUBLISHED -> product(event);
                case INVENTORY_UPDATED -> {
                    tagVersions.changed(CacheTag.stock(sku), position);
                    stocks = Math.max(stocks, position);
                }
                case INVENTORY_ALERT -> stocks = Math.max(stocks, position);
                default -> {}
            }
        }
        if (stocks >= 0) {
            tagVersions.changed(CacheTag.stocks(), stocks);
        }
    }

    private void product(FeedEvent event) {
        tagVersions.changed(CacheTag.product(event.message().subject()), event.position(), version(event));
        tagVersions.changed(CacheTag.products(), event.position());
    }

    private long version(FeedEvent event) {
        return codec.payload(event.message(), JsonNode.class).path("version").longValue();
    }
}
