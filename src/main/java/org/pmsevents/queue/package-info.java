/**
 * What a job is, its kinds, its rows and its events.
 *
 * <p>Uses event and platform. Promises that a job outlives the process that asked for it.
 */
package org.pmsevents.queue;
