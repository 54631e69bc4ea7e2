/**
 * Stock levels in Redis, for other systems to read.
 *
 * <p>Uses inventory and platform. Promises that an older version never replaces a newer one.
 */
package org.pmsevents.inventory.level;
