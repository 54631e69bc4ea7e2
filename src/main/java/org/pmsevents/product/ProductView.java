package org.pmsevents.product;

import org.pmsevents.cache.CacheEntry;

/** A product as it is answered: its JSON text and the version that is its ETag. */
record ProductView(String sku, long version, String json) {

    CacheEntry cached() {
        return new CacheEntry(version, json);
    }
}
