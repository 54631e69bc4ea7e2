/**
 * Publishing to the other replicas and hearing them.
 *
 * <p>Uses event and event.feed. Promises nothing: Redis is the fast path and is never trusted.
 */
package org.pmsevents.event.transport;
