/**
 * Signed webhooks of counts and unknown SKUs.
 *
 * <p>Uses event, http, inventory, platform. Promises that a webhook is applied once however often it is delivered.
 */
package org.pmsevents.pms.webhook;
