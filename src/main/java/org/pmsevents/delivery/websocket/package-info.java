/**
 * The WebSocket endpoint, its protocol and sessions.
 *
 * <p>Uses delivery, event and http. Promises position order, bounded queues, and a close code that says whether to
 * reconnect.
 */
package org.pmsevents.delivery.websocket;
