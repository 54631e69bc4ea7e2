/**
 * The product catalogue: resource, flows, rules, table.
 *
 * <p>Uses cache, event, http, inventory, pms, platform and queue. Promises that a change is committed with its event.
 */
package org.pmsevents.product;
