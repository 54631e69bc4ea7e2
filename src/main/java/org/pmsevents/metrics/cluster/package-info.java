/**
 * Sums over all replicas in Redis, and their summary.
 *
 * <p>Uses metrics, event, http, inventory, pms, platform and queue. Promises that a count is added once, also when
 * Redis comes back.
 */
package org.pmsevents.metrics.cluster;
