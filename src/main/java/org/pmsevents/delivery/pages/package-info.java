/**
 * The feed page by page, and dead letters.
 *
 * <p>Uses delivery, event and http. Promises that a cursor that has expired is answered 410.
 */
package org.pmsevents.delivery.pages;
