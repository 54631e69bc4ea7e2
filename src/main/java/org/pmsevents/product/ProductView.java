package org.pmsevents.product;

import org.pmsevents.cache.CacheEntry;

/** A product as REST answers it: its JSON text, and the version as its ETag. */
record ProductView(String sku, long version, String json) {

    CacheEntry cached() {
        return new CacheEntry(version, json);
    }
}
