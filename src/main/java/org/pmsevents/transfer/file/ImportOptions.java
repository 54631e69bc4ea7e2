package org.pmsevents.transfer.file;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a file is to be read.
 *
 * @param partial whether lines change products that there are, so that they need not say all of them
 * @param json whether each line is a JSON object; otherwise it is CSV
 * @param shopify whether it is an export of products from Shopify
 * @param currency of prices whose line names none
 * @param map fields by the names of columns in lower case; {@link #NONE} for a column that is left out, which {@link #OTHERS} does with all
 *     that are not known
 */
public record ImportOptions(
        ImportKind kind,
        boolean partial,
        boolean json,
        boolean shopify,
        NumberText numbers,
        @Nullable String currency,
        Map<String, String> map) {
    public static final String NONE = "-";
    public static final String OTHERS = "*";
}
