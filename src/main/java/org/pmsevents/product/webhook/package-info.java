/**
 * Products that the PMS sends by signed webhooks.
 *
 * <p>Uses product.batch, pms, event, http and platform. Promises that the newest version of the PMS counts, in whatever order webhooks
 * arrive and however often, and that nothing of it is sent back.
 */
package org.pmsevents.product.webhook;
