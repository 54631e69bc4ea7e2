/**
 * Durable handlers with cursor and dead letters, live handlers on the EventBus.
 *
 * <p>Uses event, event.log and event.publish. Promises that durable handlers see each event at least once and in
 * order, and that a failing handler does not affect the others.
 */
package org.pmsevents.event.handler;
