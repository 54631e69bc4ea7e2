/**
 * Jobs by cron expression.
 *
 * <p>Uses queue, queue.api, event and platform. Promises one job for each time of a schedule in the whole cluster.
 */
package org.pmsevents.queue.schedule;
