/**
 * Calls to the PMS: gateway, outage, flow.
 *
 * <p>Uses event, http, platform and queue. Promises that an unavailable PMS fails no request and loses no product.
 */
package org.pmsevents.pms.outbound;
