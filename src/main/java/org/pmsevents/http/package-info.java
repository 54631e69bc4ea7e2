/**
 * The protocol: problems, security, signatures, limits, idempotency; and the order of the filters.
 *
 * <p>Uses event and platform. Promises that a request passes the filters in the order of one list.
 */
package org.pmsevents.http;
