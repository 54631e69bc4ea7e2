/**
 * Who changed what and when, a projection of the feed.
 *
 * <p>Uses event and platform. Promises one entry for each product event.
 */
package org.pmsevents.product.history;
