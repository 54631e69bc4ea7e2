/**
 * Answers that are sent in pieces.
 *
 * <p>Uses http.limits. Promises bounded memory, and that an answer that was cut off does not look complete.
 */
package org.pmsevents.http.answer;
