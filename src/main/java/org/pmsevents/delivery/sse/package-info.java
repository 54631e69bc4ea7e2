/**
 * The feed as an event stream.
 *
 * <p>Uses delivery, event and http. Promises that Last-Event-ID resumes without a gap or gets a reset.
 */
package org.pmsevents.delivery.sse;
