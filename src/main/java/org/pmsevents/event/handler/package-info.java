/**
 * Durable handlers with cursor and dead letters, live handlers on the EventBus.
 *
 * <p>Uses event, event.log and event.publish. Promises that durable handlers see each event at least once and in
 * order, and that a failing handler harms no other.
 */
package org.pmsevents.event.handler;
