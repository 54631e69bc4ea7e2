package org.pmsevents.product;

import java.math.BigDecimal;

/**
 * What a product costs.
 *
 * @param amount 0 or more, with the digits and the scale it was given with
 * @param currency ISO 4217 code
 */
public record Price(BigDecimal amount, String currency) {}
