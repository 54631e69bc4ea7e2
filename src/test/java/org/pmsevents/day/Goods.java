package org.pmsevents.day;

import java.math.BigDecimal;

/** What a product of the catalogue is made from: the first that the invoices tell of a code. */
record Goods(String sku, String name, BigDecimal price) {}
