/**
 * Executes a change once and stores its answer in the same transaction.
 *
 * <p>Uses http.security and platform. Promises that a request under a key is executed once, and that repeats get
 * its first answer.
 */
package org.pmsevents.http.idempotency;
