/**
 * The HTTP API of subscriptions, their audit, and the watch that tells administrators what was disabled.
 *
 * <p>Uses event, http, platform, subscription and subscription.work. Promises that every change has its entry in the audit.
 */
package org.pmsevents.subscription.api;
