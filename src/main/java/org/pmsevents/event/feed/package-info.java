/**
 * Following the log on this replica, dispatching, and subscriptions from a position.
 *
 * <p>Uses event and event.log. Promises each position exactly once and in order to each consumer, even if Redis
 * loses messages.
 */
package org.pmsevents.event.feed;
