/**
 * Reads, invalidation, warm-up and hot keys.
 *
 * <p>Uses the other rooms of cache, event, http, platform and queue. Promises one load of a key on a replica however
 * many ask.
 */
package org.pmsevents.cache.flow;
