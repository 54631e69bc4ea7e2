package org.pmsevents.product.webhook;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.product.ProductStatus;

/**
 * A line of a webhook.
 *
 * @param product as a batch takes it, with what is wrong with the line
 * @param status null if the line leaves it as it is
 * @param version of the PMS; null if the line has none that can be read
 */
record PmsLine(
        ParsedBody product,
        @Nullable ProductStatus status,
        @Nullable BigDecimal version) {}
