/** Prices and the currencies they can have. Uses no other room. */
package org.pmsevents.product.price;
