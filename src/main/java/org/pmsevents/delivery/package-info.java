/**
 * What the ways to subscribers share.
 *
 * <p>Uses event and http. Peers deliver; none feeds another.
 */
package org.pmsevents.delivery;
