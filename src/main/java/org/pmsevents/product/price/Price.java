package org.pmsevents.product.price;

import java.math.BigDecimal;

/**
 * The price of a product.
 *
 * @param amount 0 or more, with the digits and the scale it was given with
 * @param currency ISO 4217 code
 */
public record Price(BigDecimal amount, String currency) {}
