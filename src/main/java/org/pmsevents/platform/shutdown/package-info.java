/**
 * What a replica does before it ends, in order.
 *
 * <p>Uses nothing of the project. Promises that what must not be lost runs while there are still connections.
 */
package org.pmsevents.platform.shutdown;
