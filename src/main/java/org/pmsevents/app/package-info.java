/**
 * The commands of the executable and what has to be set before the service starts.
 *
 * <p>Uses every room's settings. Promises that nothing starts before the required settings are valid, and that each
 * that is missing or makes no sense is named in one line.
 */
package org.pmsevents.app;
