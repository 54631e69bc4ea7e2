/**
 * API keys: made and revoked over HTTP, verified on every replica.
 *
 * <p>Uses event, http and platform. Promises that a request with a key that is in use costs no query, and that a key which is revoked
 * opens nothing on any replica 5 s later.
 */
package org.pmsevents.apikey;
