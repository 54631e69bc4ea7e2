/**
 * Keyset pages and their cursors.
 *
 * <p>Uses platform.problem. Promises that a page costs the same wherever it is.
 */
package org.pmsevents.platform.paging;
