/**
 * Bearer tokens, roles, origins, security headers, and the context of the current request.
 *
 * <p>Uses event, http.issuer, http.limits and platform. Promises one mode of verification, chosen by the settings and never by the
 * token.
 */
package org.pmsevents.http.security;
