/**
 * Delivers subscriptions: leases that spread them over the replicas, one reader of the feed for all of them, lanes that keep the order.
 *
 * <p>Uses event, platform and subscription. Promises that one replica at a time delivers a subscription, and that a receiver that does not
 * answer holds up no other.
 */
package org.pmsevents.subscription.work;
