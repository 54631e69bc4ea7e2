/**
 * Applies counts of another system to stock, thousands at a time.
 *
 * <p>Uses inventory, inventory.level, cache, event and platform. Promises that a late count keeps the movements after
 * it.
 */
package org.pmsevents.inventory.count;
