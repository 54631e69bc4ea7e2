/**
 * Latency and statistics of requests.
 *
 * <p>Uses metrics, event, http. Promises that each request is measured once.
 */
package org.pmsevents.metrics.request;
