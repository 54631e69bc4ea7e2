/**
 * Asking for jobs, reading, cancelling and retrying them.
 *
 * <p>Uses queue, queue.worker, event, http and platform. Promises one unfinished job for a unique key.
 */
package org.pmsevents.queue.api;
