/**
 * Doing something once and storing the answer with the change.
 *
 * <p>Uses http.security and platform. Promises that a request under a key is done once, and gets its first answer
 * again.
 */
package org.pmsevents.http.idempotency;
