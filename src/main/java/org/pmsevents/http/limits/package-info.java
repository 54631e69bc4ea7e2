/**
 * Bounds on bodies, requests in flight, connections and the rate of a client.
 *
 * <p>Uses nothing of the project. Promises that a request over a bound is refused before it has cost anything.
 */
package org.pmsevents.http.limits;
