/**
 * Publishing to the other replicas and receiving from them.
 *
 * <p>Uses event and event.feed. Promises nothing: Redis is the fast path, and nothing relies on it.
 */
package org.pmsevents.event.transport;
