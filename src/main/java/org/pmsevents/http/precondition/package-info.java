/**
 * Conditional requests (RFC 9110, section 13) of every REST call.
 *
 * <p>Uses event, http.security and platform. Promises that no call with a condition that does not hold is executed, whether or not its resource has entity
 * tags.
 */
package org.pmsevents.http.precondition;
