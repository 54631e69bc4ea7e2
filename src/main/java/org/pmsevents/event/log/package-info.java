/**
 * The tables of events and the sequencer that gives positions.
 *
 * <p>Uses event and platform. Promises gap-free positions in one total order.
 */
package org.pmsevents.event.log;
