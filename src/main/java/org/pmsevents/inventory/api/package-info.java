/**
 * The resources and flows of stock.
 *
 * <p>Uses the other rooms of inventory, cache, event, http and platform. Promises that a movement is committed before
 * it is answered.
 */
package org.pmsevents.inventory.api;
