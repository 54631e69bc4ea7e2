/**
 * Judges thresholds, with each movement and by a periodic check.
 *
 * <p>Uses inventory, cache, event and platform. Promises one alert when a stock becomes low.
 */
package org.pmsevents.inventory.lowstock;
