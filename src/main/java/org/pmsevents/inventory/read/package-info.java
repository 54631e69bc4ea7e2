/**
 * Reads stock, ledger and locations.
 *
 * <p>Uses inventory, cache and platform. Promises that a page is read through the cache.
 */
package org.pmsevents.inventory.read;
