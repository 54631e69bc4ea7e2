/**
 * What a replica uses and how it keeps up.
 *
 * <p>Uses metrics, delivery, event, platform and queue. Promises that what does not answer in time is reported as
 * unknown.
 */
package org.pmsevents.metrics.resource;
