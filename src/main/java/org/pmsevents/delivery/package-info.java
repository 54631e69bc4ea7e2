/**
 * What WebSockets, streams and pages share.
 *
 * <p>Uses event and http. They deliver side by side; none passes events to another.
 */
package org.pmsevents.delivery;
