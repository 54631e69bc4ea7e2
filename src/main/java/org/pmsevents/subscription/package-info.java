/**
 * Subscriptions: durable readers of the feed, each with its cursor in PostgreSQL. What they are, what they match, and their table; {@code
 * api} changes them, {@code work} delivers.
 *
 * <p>Uses event, http and platform. Does not know how events leave: kinds of delivery are beans ({@link
 * org.pmsevents.subscription.DeliveryKind}). Promises that each event that matches is delivered at least once, and in order for each
 * subject, or that the subscription is disabled with a reason.
 */
package org.pmsevents.subscription;
