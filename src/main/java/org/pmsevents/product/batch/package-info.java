/**
 * Many products at once, in the transaction of a caller.
 *
 * <p>Uses product, cache, event, http, inventory, platform and queue. Promises that each line is judged, written and told as if it had come
 * alone.
 */
package org.pmsevents.product.batch;
