/**
 * The one injected clock.
 *
 * <p>Uses nothing of the project. Promises microseconds, as PostgreSQL stores them.
 */
package org.pmsevents.platform.clock;
