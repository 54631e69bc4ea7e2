/**
 * Everything as a file: products and stock at one snapshot, as CSV or NDJSON.
 *
 * <p>Uses product, inventory, cache, event, http and platform. Promises that a file that ends well is complete, and that an
 * export holds no more than one portion of rows in memory.
 */
package org.pmsevents.export;
