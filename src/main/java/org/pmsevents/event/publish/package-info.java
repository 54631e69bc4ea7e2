/**
 * How events leave a flow, and the steps after the commit.
 *
 * <p>Uses event, event.log, event.feed and event.transport. Promises that an event of the feed is recorded in the
 * transaction of its change.
 */
package org.pmsevents.event.publish;
