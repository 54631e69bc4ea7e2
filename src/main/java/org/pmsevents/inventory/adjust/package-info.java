/**
 * The batched change of stock.
 *
 * <p>Uses inventory, event, http.idempotency and platform. Promises one statement for many callers, each with its own
 * answer.
 */
package org.pmsevents.inventory.adjust;
