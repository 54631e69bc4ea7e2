/**
 * The commands of the executable, and the settings that are required before the service starts.
 *
 * <p>Uses every room's settings. Promises that nothing starts before the required settings are valid, and that each
 * missing or invalid one is named in one line.
 */
package org.pmsevents.app;
