/**
 * Query parameters: which of them a call takes.
 *
 * <p>Uses platform. Promises that no call of the API is executed with a parameter that means nothing to it.
 */
package org.pmsevents.http.query;
