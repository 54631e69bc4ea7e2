/**
 * What a stock is, its rows and its JSON.
 *
 * <p>Uses cache, event and platform. Promises that a SKU's ledger sums to what is on hand.
 */
package org.pmsevents.inventory;
