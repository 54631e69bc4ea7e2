/**
 * Keys, tags, entries and settings of the cache.
 *
 * <p>Uses event and platform. Promises that a value says how much it has seen.
 */
package org.pmsevents.cache;
