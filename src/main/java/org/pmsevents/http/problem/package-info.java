/**
 * How a failure becomes an answer, a log line and an event.
 *
 * <p>Uses event, http.limits, http.security and platform. Promises that every failure leaves as
 * application/problem+json with a trace id, and without a stack trace.
 */
package org.pmsevents.http.problem;
