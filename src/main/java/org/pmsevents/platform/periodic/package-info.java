/**
 * Work that repeats itself or is asked for often: timers with jitter, coalesced calls, throttled logs.
 *
 * <p>Uses nothing of the project. Promises that work never runs twice at once on a replica, and that a failure does
 * not end it.
 */
package org.pmsevents.platform.periodic;
