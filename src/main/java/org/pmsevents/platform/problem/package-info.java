/**
 * Failures that a caller is told of: status, stable code, violations (RFC 9457).
 *
 * <p>Uses nothing of the project. Promises that a failure carries all that a caller may be told.
 */
package org.pmsevents.platform.problem;
