/**
 * Subscriptions whose receiver fetches its events, and acknowledges them.
 *
 * <p>Uses event, http, platform and subscription. Promises that what was fetched and not acknowledged comes again, and that one consumer at a
 * time has events.
 */
package org.pmsevents.delivery.pull;
