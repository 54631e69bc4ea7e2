/**
 * Claiming and running jobs under a lease.
 *
 * <p>Uses queue, event and platform. Promises that a worker with an old fencing token stores nothing.
 */
package org.pmsevents.queue.worker;
