/**
 * The one injected clock, which is PostgreSQL's.
 *
 * <p>Uses nothing of the project. Promises microseconds, as PostgreSQL stores them, and that a jump of the machine's clock does not matter.
 */
package org.pmsevents.platform.clock;
