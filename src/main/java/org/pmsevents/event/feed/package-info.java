/**
 * Following the log on this replica, dispatching, and subscriptions from a position.
 *
 * <p>Uses event and event.log. Promises each position exactly once and in order to what is registered, whatever Redis
 * loses.
 */
package org.pmsevents.event.feed;
