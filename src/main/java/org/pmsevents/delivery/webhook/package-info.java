/**
 * Subscriptions that are delivered by HTTP: signed requests to addresses that may be reached, judged at each connection.
 *
 * <p>Uses event, http.signature, platform, queue and subscription. Promises that no request goes to an address that is neither public nor
 * allowed, and that none lasts longer than 15 s.
 */
package org.pmsevents.delivery.webhook;
