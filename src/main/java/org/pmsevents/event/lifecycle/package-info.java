/**
 * Joining, polling, retention, readiness.
 *
 * <p>Uses the other rooms of event. Promises that a replica is ready only once it has joined the feed.
 */
package org.pmsevents.event.lifecycle;
