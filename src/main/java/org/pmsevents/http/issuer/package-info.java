/**
 * Who issues tokens: key sets, and an identity provider that is found by OpenID Connect Discovery.
 *
 * <p>Uses http and platform. Promises that no thread, and no start, waits for the issuer, and that what it sends is bounded
 * in time and size.
 */
package org.pmsevents.http.issuer;
