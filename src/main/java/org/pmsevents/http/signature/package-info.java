/**
 * Standard Webhooks 1.0.0: secrets, signing, verification.
 *
 * <p>Uses nothing of the project. Promises verification over the bytes as received, in constant time.
 */
package org.pmsevents.http.signature;
