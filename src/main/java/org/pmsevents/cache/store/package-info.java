/**
 * The cache in the process and in Redis, and single flight.
 *
 * <p>Uses cache and cache.version. Promises that an older version never replaces a newer one, and that Redis fails no
 * read.
 */
package org.pmsevents.cache.store;
